from datetime import datetime
from uuid import UUID

from fluxo_contracts import merchant_changed
from fluxo_contracts.currencies import money_in
from fluxo_contracts.entry_recorded import EntryRecorded, EntryRecordedData, encode
from fluxo_contracts.envelope import utc
from fluxo_contracts.merchant_changed import MerchantChanged, MerchantChangedData

from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.merchant import Merchant


def event_of(recording: Recording) -> bytes:
    """Return the event of the entry, as it stands in the outbox and goes out."""
    entry = recording.entry
    recorded_at = utc(entry.recorded_at)
    return encode(
        EntryRecorded(
            id=entry.id,
            time=recorded_at,
            subject=entry.merchant_id,
            traceparent=recording.traceparent,
            data=EntryRecordedData(
                id=entry.id,
                direction=entry.direction.value,
                amount=money_in(entry.currency)(entry.amount_minor),
                amount_minor=entry.amount_minor,
                currency=entry.currency,
                business_date=entry.business_date,
                description=entry.description,
                category=entry.category,
                reverses=entry.reverses,
                recorded_at=recorded_at,
            ),
        )
    )


def merchant_event(merchant: Merchant, event_id: UUID, changed_at: datetime, traceparent: str | None) -> bytes:
    """Return the event of the merchant's settings as they are since."""
    return merchant_changed.encode(
        MerchantChanged(
            id=event_id,
            time=utc(changed_at),
            subject=merchant.merchant_id,
            traceparent=traceparent,
            data=MerchantChangedData(name=merchant.name, currency=merchant.currency, time_zone=merchant.time_zone),
        )
    )
