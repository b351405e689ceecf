"""From the events of the contract to what the use cases know."""

from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.envelope import OtherEventError
from fluxo_contracts.envelope import UndecodableEventError as NotInTheContractError

from fluxo_balances.application.projecting.ports import (
    NotForBalancesError,
    RecordedEntry,
    SkipReason,
    UndecodableEventError,
)


def recorded_entry(payload: bytes) -> RecordedEntry:
    """Return the entry that an event tells of.

    Raises:
        UndecodableEventError: the payload is no event, or a malformed one.
        NotForBalancesError: it is an event of a type or version that is not read here.
    """
    try:
        event = decode(payload)
    except OtherEventError as error:
        reason = SkipReason.NEWER_VERSION if error.is_newer_version else SkipReason.UNKNOWN_TYPE
        raise NotForBalancesError(error.event_type, reason) from error
    except NotInTheContractError as error:
        raise UndecodableEventError(str(error)) from error
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
    )
