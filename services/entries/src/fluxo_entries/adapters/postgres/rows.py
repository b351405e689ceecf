"""How recordings become columns and rows become entries."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry


def columns_of(recordings: Sequence[Recording]) -> list[tuple[Any, ...]]:
    """Return the arrays that `sql.APPEND` takes."""
    rows = [(each.idempotency_key, each.request_hash, event_of(each), *entry_row(each.entry)) for each in recordings]
    return list(zip(*rows, strict=True))


def key_row(recording: Recording) -> tuple[str, str, bytes, UUID, date]:
    """Return the values of the columns of `sql.TAKE_KEYS`."""
    entry = recording.entry
    return entry.merchant_id, recording.idempotency_key, recording.request_hash, entry.id, entry.business_date


entry_row: Final[Callable[[Entry], tuple[Any, ...]]] = attrgetter(*sql.ENTRY_COLUMNS)
"""Return the values of `sql.ENTRY_COLUMNS`."""


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row that holds the columns of `sql.ENTRY`."""
    values = {column: row[column] for column in sql.ENTRY_COLUMNS}
    return Entry(**values | {"direction": Direction(row["direction"])})
