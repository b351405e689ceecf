"""A line of a file that somebody imports: what it says, what names it for ever, and the entry that it would be."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import DESCRIPTION_LENGTH_MAX, Draft, parse_draft, rules_for
from fluxo_entries.domain.money import amount_text
from fluxo_entries.domain.text import tidied_text

NO_DESCRIPTION: Final = "Sem descrição"
_DAY_BYTES: Final = 4


class LineStatus(StrEnum):
    """What recording would make of a line."""

    NEW = "new"
    DUPLICATE = "duplicate"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    INVALID = "invalid"


class OtherReading(NamedTuple):
    """What stands in the place of a line where fees are read in the other way: the net, of a net the gross."""

    amount_minor: int
    description: str
    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Money that moved: > 0 came in, < 0 went out, in minor units. `place` is its number and its name in the file."""

    place: tuple[int, str]
    booked_on: date
    amount_minor: int
    currency: str
    description: str
    bank_id: str | None = None
    account: str | None = None
    kind: str | None = None
    guessed: tuple[str, ...] = ()
    source: str = ""
    other: OtherReading | None = None

    def key(self) -> bytes:
        """Return 32 bytes that the same line of another file has too; so have its twins, which are told by ordinals.

        Some banks give an id to several lines: only with day and amount it names one. The day comes first, so that
        those of a file lie close together in an index; the rest is a hash.
        """
        named = [self.account, self.bank_id] if self.bank_id else [self.account]
        described = [] if self.bank_id else [self.description]
        parts = [*named, self.booked_on.isoformat(), self.amount_minor, *described]
        digest = hashlib.sha256(json.dumps(parts).encode("ascii")).digest()
        return self.booked_on.toordinal().to_bytes(_DAY_BYTES, "big") + digest[_DAY_BYTES:]

    def other_key(self) -> bytes | None:
        """Return the key that its row has where fees are read in the other way, if they make a difference."""
        return None if self.other is None else replace(self, **self.other._asdict(), other=None).key()

    def described(self) -> str:
        """Return the description of its entry."""
        return (
            tidied_text(self.description, DESCRIPTION_LENGTH_MAX)
            or tidied_text(self.kind or "", DESCRIPTION_LENGTH_MAX)
            or NO_DESCRIPTION
        )


def idempotency_key(line_key: bytes, ordinal: int, instead_of: UUID | None = None) -> str:
    """Return the key under which the line, the `ordinal`-th of its twins in the file, is recorded.

    Where it was recorded before and that entry was reversed, it is another key: the line becomes another entry.
    """
    return f"import:{line_key.hex()}:{ordinal}" + (f":{instead_of}" if instead_of else "")


def draft_of(day: date, amount_minor: int, currency: str, description: str, category: str | None = None) -> Draft:
    """Return the entry that a line asks for, in the merchant's currency."""
    amount = Decimal(amount_text(abs(amount_minor), currency))
    direction = Direction.CREDIT if amount_minor > 0 else Direction.DEBIT
    return Draft(direction, amount, description, category, currency, day)


def check_draft(draft: Draft, currency: str) -> None:
    """Hold a draft in the merchant's currency against the rules that one from outside is held to.

    Raises:
        RejectedFieldsError: all that is wrong with it.
    """
    fields = {
        "direction": draft.direction.value,
        "amount": f"{draft.amount:f}",
        "description": draft.description,
        "currency": currency,
        "business_date": draft.business_date and draft.business_date.isoformat(),
    }
    parse_draft(fields, rules_for(fields, currency))
