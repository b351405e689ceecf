from datetime import datetime
from uuid import UUID

from fluxo_contracts.api_key_changed import ApiKeyChanged, ApiKeyChangedData
from fluxo_contracts.currencies import money_in
from fluxo_contracts.entry_recorded import EntryRecorded, EntryRecordedData
from fluxo_contracts.envelope import encode, utc
from fluxo_contracts.merchant_changed import MerchantChanged, MerchantChangedData

from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.api_key import ApiKey
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
    return encode(
        MerchantChanged(
            id=event_id,
            time=utc(changed_at),
            subject=merchant.merchant_id,
            traceparent=traceparent,
            data=MerchantChangedData(name=merchant.name, currency=merchant.currency, time_zone=merchant.time_zone),
        )
    )


def api_key_event(
    api_key: ApiKey, key_hash: bytes, event_id: UUID, changed_at: datetime, traceparent: str | None, *, revoked: bool
) -> bytes:
    """Return the event of the key as it is since."""
    return encode(
        ApiKeyChanged(
            id=event_id,
            time=utc(changed_at),
            subject=api_key.merchant_id,
            traceparent=traceparent,
            data=ApiKeyChangedData(
                key_id=api_key.id,
                hash=key_hash.hex(),
                scopes=list(api_key.scopes),
                revoked=revoked,
                expires_at=None if api_key.expires_at is None else utc(api_key.expires_at),
            ),
        )
    )
