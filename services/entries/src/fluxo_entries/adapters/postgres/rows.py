"""How recordings become columns and rows become entries."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxo_entries.adapters.events import event_of
from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry


def columns_of(recordings: Sequence[Recording]) -> list[tuple[Any, ...]]:
    """Return the arrays that `sql.APPEND` takes."""
    return list(zip(*(_row_of(recording) for recording in recordings), strict=True))


def _row_of(recording: Recording) -> tuple[Any, ...]:
    return (
        recording.idempotency_key,
        recording.request_hash,
        event_of(recording),
        *entry_row(recording.entry),
    )


def key_row(recording: Recording) -> tuple[str, str, bytes, UUID]:
    """Return the values of `sql.KEY_COLUMNS`."""
    return recording.entry.merchant_id, recording.idempotency_key, recording.request_hash, recording.entry.id


def entry_row(entry: Entry) -> tuple[Any, ...]:
    """Return the values of `sql.ENTRY_COLUMNS`."""
    return (
        entry.id,
        entry.merchant_id,
        entry.direction,
        entry.amount_minor,
        entry.currency,
        entry.business_date,
        entry.description,
        entry.category,
        entry.reverses,
        entry.recorded_at,
    )


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry of a row that holds the columns of `sql.ENTRY`."""
    return Entry(
        id=row["id"],
        merchant_id=row["merchant_id"],
        direction=Direction(row["direction"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        business_date=row["business_date"],
        description=row["description"],
        category=row["category"],
        reverses=row["reverses"],
        recorded_at=row["recorded_at"],
    )
