"""From the events of the contract to what the use cases know."""

from fluxo_contracts import entry_recorded, merchant_changed
from fluxo_contracts.entry_recorded import EntryRecorded
from fluxo_contracts.envelope import OtherEventError
from fluxo_contracts.envelope import UndecodableEventError as NotInTheContractError
from fluxo_contracts.merchant_changed import MerchantChanged
from fluxo_contracts.signatures import EventKeys

from fluxo_balances.application.projecting.ports import (
    Delivery,
    NotForBalancesError,
    RecordedEntry,
    SkipReason,
    UndecodableEventError,
)
from fluxo_balances.domain.merchant_settings import MerchantSettings


class EventReader:
    """With keys it reads only what the relay has signed; without any it believes whoever may write to the stream."""

    def __init__(self, keys: EventKeys | None = None) -> None:
        self._keys = keys

    def told_by(self, delivery: Delivery) -> RecordedEntry | MerchantSettings:
        """Return what `told_by` the delivery's payload; a payload that is missing or unsigned is undecodable."""
        if delivery.payload is None:
            raise UndecodableEventError("There is no event in the stream entry.")
        if self._keys is not None:
            if delivery.signature is None:
                raise UndecodableEventError("The event is not signed.")
            if not self._keys.prove(delivery.payload, delivery.signature):
                raise UndecodableEventError("The event's signature is of none of the keys, or of another event.")
        return told_by(delivery.payload)


def told_by(payload: bytes) -> RecordedEntry | MerchantSettings:
    """Return the entry or the settings that an event tells of.

    Raises:
        UndecodableEventError: the payload is no event, or a malformed one.
        NotForBalancesError: it is an event of a type or version that is not read here.
    """
    try:
        return _entry(entry_recorded.decode(payload))
    except OtherEventError as error:
        no_entry = error
    except NotInTheContractError as error:
        raise UndecodableEventError(str(error)) from error
    try:
        return _settings(merchant_changed.decode(payload))
    except OtherEventError as error:
        is_newer = error.is_newer_version or no_entry.is_newer_version
        reason = SkipReason.NEWER_VERSION if is_newer else SkipReason.UNKNOWN_TYPE
        raise NotForBalancesError(error.event_type, reason) from error
    except NotInTheContractError as error:
        raise UndecodableEventError(str(error)) from error


def _settings(event: MerchantChanged) -> MerchantSettings:
    return MerchantSettings(event.subject, event.data.currency, event.time)


def _entry(event: EntryRecorded) -> RecordedEntry:
    entry = event.data
    is_credit = entry.direction == "credit"
    return RecordedEntry(
        id=entry.id,
        merchant_id=event.subject,
        business_date=entry.business_date,
        credit_minor=entry.amount_minor if is_credit else 0,
        debit_minor=0 if is_credit else entry.amount_minor,
        currency=entry.currency,
        recorded_at=entry.recorded_at,
        category=entry.category,
    )
