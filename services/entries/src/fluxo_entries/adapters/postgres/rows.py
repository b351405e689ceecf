"""How recordings become columns and rows become entries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from struct import Struct
from typing import Any, Final

from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry


def columns_of(recordings: Sequence[Recording]) -> list[tuple[Any, ...]]:
    """Return the arrays that `sql.APPEND` takes."""
    rows = [(each.idempotency_key, each.request_hash, event_of(each), *entry_row(each.entry)) for each in recordings]
    return list(zip(*rows, strict=True))


def keys_as_lines(recordings: Sequence[Recording]) -> list[str]:
    """Return the columns that `sql.TAKE_KEYS` takes."""
    return [
        _lines(each.entry.merchant_id for each in recordings),
        _lines(each.idempotency_key for each in recordings),
        _lines(each.request_hash.hex() for each in recordings),
        _lines(each.entry.id.hex for each in recordings),
        _lines(_text(each.entry.business_date) for each in recordings),
    ]


def entries_as_lines(recordings: Sequence[Recording]) -> list[str]:
    """Return the columns that `sql.RECORD` takes."""
    columns = dict(zip(Entry._fields, zip(*(each.entry for each in recordings), strict=True), strict=True))
    return [
        _lines(map(_AS_TEXT[name], columns[name]) if name in _AS_TEXT else columns[name]) for name in sql.ENTRY_COLUMNS
    ]


# Many entries share a few days and instants.
_text: Final = lru_cache(maxsize=1_024)(str)
_AS_TEXT: Final[Mapping[str, Callable[[Any], str]]] = {
    "id": attrgetter("hex"),
    "amount_minor": str,
    "business_date": _text,
    "category": lambda category: category or "",
    "reverses": lambda entry_id: "" if entry_id is None else entry_id.hex,
    "recorded_at": _text,
}


def _lines(texts: Iterable[str]) -> str:
    # No text of an entry holds a line break, nor does a key. If one did, there would be one line more than there are
    # ids and merchants, and every row must have both: nothing would be written.
    return "\n".join(texts)


def outbox_copy(events: Sequence[bytes]) -> bytearray:
    """Return the rows of one column as COPY takes them in its binary format (bytes would be a path to the driver)."""
    rows = chain.from_iterable((_EVENT_HEAD(1, len(event)), event) for event in events)
    return bytearray().join((_COPY_BEGIN, *rows, _COPY_END))


def bulk_outbox_copy(events: Sequence[bytes], events_a_row: int) -> bytearray:
    """Return rows of one column, an array of so many events each, as COPY takes them in its binary format."""
    rows = bytearray(_COPY_BEGIN)
    for start in range(0, len(events), events_a_row):
        together = events[start : start + events_a_row]
        array = b"".join(chain.from_iterable((_ELEMENT_HEAD(len(event)), event) for event in together))
        rows += _EVENT_HEAD(1, _ARRAY_HEAD.size + len(array))
        rows += _ARRAY_HEAD.pack(1, 0, _BYTEA_OID, len(together), 1)
        rows += array
    return rows + _COPY_END


_COPY_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_EVENT_HEAD: Final = Struct("!hi").pack
_BYTEA_OID: Final = 17
_ARRAY_HEAD: Final = Struct("!iiIii")
"""Dimensions, whether there are nulls, the elements' type, how many there are, and the number of the first."""
_ELEMENT_HEAD: Final = Struct("!i").pack


entry_row: Final[Callable[[Entry], tuple[Any, ...]]] = attrgetter(*sql.ENTRY_COLUMNS)
"""Return the values of `sql.ENTRY_COLUMNS`."""


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row that holds the columns of `sql.ENTRY`."""
    values = {column: row[column] for column in sql.ENTRY_COLUMNS}
    return Entry(**values | {"direction": Direction(row["direction"])})
