"""Facts that refuse a request. They know no HTTP; one table in entrypoints maps them."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID


class EntriesError(Exception):
    """A rule of the entries was not kept; nothing was changed."""


class RejectedFieldsError(EntriesError):
    """One or more values break a rule: `fields` names all of them at once, as (field, sentence)."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in fields))
        self.fields = fields

    @property
    def sentences(self) -> str:
        """All of them, without the fields, for who did not fill those in."""
        return " ".join(sentence for _, sentence in self.fields)


class RejectedItemsError(EntriesError):
    """Some items of a bulk break a rule: `rejections` names all of them by their position, from 0."""

    def __init__(self, rejections: Mapping[int, RejectedFieldsError]) -> None:
        super().__init__(f"{len(rejections)} of the items break a rule.")
        self.rejections = rejections


class EntryNotFoundError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"There is no entry {entry_id}.")
        self.entry_id = entry_id


class NothingSealedError(EntriesError):
    """None of the merchant's entries is in the chain yet."""


class EntryAlreadyReversedError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"Entry {entry_id} has been reversed already.")
        self.entry_id = entry_id


class ReversalOfReversalError(EntriesError):
    def __init__(self, entry_id: UUID) -> None:
        super().__init__(f"Entry {entry_id} is itself a reversal; record a new entry instead.")
        self.entry_id = entry_id


class ReversalBeforeOriginalError(RejectedFieldsError):
    def __init__(self, original: date) -> None:
        super().__init__(("business_date", f"A reversal cannot be dated before its original, {original}."))


class IdempotencyKeyReusedError(EntriesError):
    def __init__(self, key: str, sentence: str = "The idempotency key was used before with another request.") -> None:
        super().__init__(sentence)
        self.key = key


class IdempotencyKeyRepeatedError(IdempotencyKeyReusedError):
    """Different items of one bulk have the key; `first` is the position of the first of them, from 0."""

    def __init__(self, key: str, first: int) -> None:
        super().__init__(key, "The idempotency key is that of an earlier item too, which is another entry.")
        self.first = first


class ReusedKeysError(EntriesError):
    """Keys of a bulk belong to other entries: `reused` names all of them by their item's position, from 0."""

    def __init__(self, reused: Mapping[int, IdempotencyKeyReusedError]) -> None:
        super().__init__(f"{len(reused)} of the idempotency keys belong to other entries.")
        self.reused = reused


class DayClosedError(EntriesError):
    """The day lies in what is closed; nothing was recorded. `first_open_day` and later ones are open."""

    def __init__(self, first_open_day: date) -> None:
        super().__init__(
            f"The days before {first_open_day} are closed: choose that or a later one, or have the owner reopen them."
        )
        self.first_open_day = first_open_day


class ItemsInClosedDaysError(EntriesError):
    """Items of a bulk lie in days that are closed: `closed` names all of them by their position, from 0."""

    def __init__(self, closed: Mapping[int, DayClosedError]) -> None:
        super().__init__(f"{len(closed)} of the items lie in days that are closed.")
        self.closed = closed


class DayNotClosedError(EntriesError):
    def __init__(self) -> None:
        super().__init__("This is not the newest day that is closed.")


class NotConsolidatedError(EntriesError):
    """Something of the days to close is not in the balances yet; nothing was closed."""


class CloseHeldUpError(EntriesError):
    """Others are still writing, or closing; nothing was closed."""


class CurrencyFixedError(EntriesError):
    def __init__(self, currency: str) -> None:
        super().__init__(f"The currency stays {currency}: there are entries in it.")
        self.currency = currency


class SearchTooSlowError(EntriesError):
    """The entries could not be searched in time; fewer of them could, or a database with less to do."""


class OverloadedError(EntriesError):
    """More is waiting to be written than can be written soon; the caller may try again."""


class OverShareError(OverloadedError):
    """More of this merchant's is waiting than its part, and others wait too; nothing was written."""


class OutcomeUnknownError(EntriesError):
    """The database became unavailable while it wrote; the caller's retry with the same key finds out."""


class ScopeNotHeldError(EntriesError):
    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(f"A key has no scope that its maker's token has not: {', '.join(scopes)}.")


class ApiKeyNameTakenError(EntriesError):
    def __init__(self) -> None:
        super().__init__("Another key has this name. Choose another one, or revoke that key first.")


class TooManyApiKeysError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There are as many keys as a merchant may have. Revoke one first.")


class ApiKeyNotFoundError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There is no such key.")


class ImportNotFoundError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There is no such import.")


class ImportLinesGoneError(EntriesError):
    def __init__(self, days: int) -> None:
        super().__init__(f"The lines of an import are kept for {days} days after it was confirmed. Its entries stay.")


class ImportNotReadyError(EntriesError):
    """Its file is still being read, or could not be."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class TooManyImportsError(EntriesError):
    def __init__(self) -> None:
        super().__init__("There are as many previews as a merchant may have. Confirm or remove one first.")


class ImportConfirmedError(EntriesError):
    def __init__(self) -> None:
        super().__init__("It was confirmed: what it records stays. Reverse entries that are wrong.")
