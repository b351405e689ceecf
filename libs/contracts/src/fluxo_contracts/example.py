"""One event as it really travels: it stands in the documentation, and a test decodes it."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from fluxo_contracts.entry_recorded import EntryRecorded, EntryRecordedData

_ID: Final = UUID("019aac6e-1dba-7c4e-9a55-0242ac120002")
_RECORDED_AT: Final = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)

ENTRY_RECORDED: Final = EntryRecorded(
    id=_ID,
    time=_RECORDED_AT,
    subject="padaria-do-ze",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=EntryRecordedData(
        id=_ID,
        direction="credit",
        amount="150.00",
        amount_minor=15_000,
        currency="BRL",
        business_date=date(2026, 11, 22),
        description="Venda balcão",
        category="vendas",
        recorded_at=_RECORDED_AT,
    ),
)
