"""What a file says of an account, and the port of what reads it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple, Protocol

from fluxo_entries.domain.line_reason import UNREADABLE
from fluxo_entries.domain.statement_line import StatementLine


@dataclass(frozen=True, slots=True)
class StatementColumns:
    """What a sheet's columns are taken for: the meaning of each, by its name in the file; None where it is passed over.

    `origin` is who says so: the `header`, the `report` that it is known to be, or the merchant, who has `given` it now,
    or confirmed it for this header, `remembered` by its `fingerprint`; `text` is as the merchant would say it.
    """

    fingerprint: str
    names: Sequence[str]
    meanings: Sequence[str | None]
    origin: str
    text: str


class Reading(NamedTuple):
    """How a sheet is read: by `columns` as a person says, else as `known` by its fingerprint, else by its header."""

    columns: str | None = None
    known: Mapping[str, str] = MappingProxyType({})
    fees_apart: bool = False
    """Of card sales the gross and the fee as two lines, else the net as one."""


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    place: tuple[int, str]
    reason: str
    source: str = ""
    code: str = UNREADABLE


@dataclass(frozen=True, slots=True)
class StatementBalance:
    """The bank's own: `kind` is "opening" or "closing"."""

    kind: str
    day: date
    amount_minor: int
    account: str | None = None


@dataclass(frozen=True, slots=True)
class StatementFormat:
    name: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance in the file that its lines do not lead to."""

    expected_minor: int
    found_minor: int


READ_BY_ITSELF: Final = Reading()
Item = StatementFormat | StatementColumns | StatementLine | UnreadableLine | StatementBalance | Difference


class UnreadableStatementError(Exception):
    """The file as a whole cannot be read; the message is a sentence for a person."""


class UnknownColumnsError(UnreadableStatementError):
    """What was said of its columns does not do; the message names those that there are."""


class StatementReader(Protocol):
    def read(
        self, file: BinaryIO, currency: str, reading: Reading = READ_BY_ITSELF
    ) -> AsyncGenerator[Sequence[Item], None]:
        """Yield what the file says, some at a time, its format first, and then its columns.

        Raises:
            UnreadableStatementError: at once or on the way.
        """

    async def check(self, file: BinaryIO, currency: str, columns: str) -> None:
        """Hold what is said of the columns against the file's.

        Raises:
            UnknownColumnsError: it does not do.
            UnreadableStatementError: nor does the file.
        """
