"""From the events of the contract to what the use cases know."""

from fluxo_contracts.entry_recorded import UndecodableEventError as NotInTheContractError
from fluxo_contracts.entry_recorded import decode

from fluxo_balances.application.ports import RecordedEntry
from fluxo_balances.application.project_entries import UndecodableEventError


def recorded_entry(payload: bytes) -> RecordedEntry:
    """Return the entry that an event tells of.

    Raises:
        UndecodableEventError: the payload is no such event.
    """
    try:
        event = decode(payload)
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
