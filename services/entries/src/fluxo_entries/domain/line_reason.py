"""Why a line of an import is not simply new: a code for programs, which stays the same, and a sentence for people."""

from typing import Final, NamedTuple

from fluxo_entries.domain.errors import DayClosedError, EntriesError, RejectedFieldsError


class Reason(NamedTuple):
    code: str
    sentence: str


RECORDED_BEFORE: Final = Reason("recorded_before", "An earlier import recorded this line.")
REVERSED: Final = Reason("entry_reversed", "An earlier import recorded this line, and its entry was reversed since.")
SAME: Final = Reason("same_entry", "There is an entry with its day, amount and description.")
ALIKE: Final = Reason("like_entry", "There is an entry with its day and amount, which it may be.")
OTHERWISE: Final = Reason(
    "fee_otherwise", "An earlier import recorded this sale, with its fee treated in the other way."
)
NOT_IN_CURRENCY: Final = "other_currency"
AFTER_TODAY: Final = "after_today"
DAY_CLOSED: Final = "day_closed"
NOT_RECORDED: Final = "not_recorded"
UNREADABLE: Final = "not_understood"
CODES: Final = (
    *(each.code for each in (RECORDED_BEFORE, REVERSED, SAME, ALIKE, OTHERWISE)),
    *(NOT_IN_CURRENCY, AFTER_TODAY, DAY_CLOSED, NOT_RECORDED, UNREADABLE),
    *("amount_not_allowed", "business_date_not_allowed", "description_not_allowed"),
)
"""Beside those of lines that cannot be read, which `fluxo_statements.complaints` has."""


def refused(error: EntriesError) -> Reason:
    """Return why a line does not become an entry."""
    if isinstance(error, RejectedFieldsError):
        return Reason(f"{error.fields[0][0]}_not_allowed", error.sentences)
    return Reason(DAY_CLOSED if isinstance(error, DayClosedError) else NOT_RECORDED, str(error))
