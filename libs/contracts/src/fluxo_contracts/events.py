"""Every event that a service publishes; the AsyncAPI document is made from this list."""

from typing import Final

from fluxo_contracts import api_key_changed, entry_recorded, merchant_changed
from fluxo_contracts.event_type import EventType

EVENTS: Final[tuple[EventType, ...]] = (entry_recorded.EVENT, merchant_changed.EVENT, api_key_changed.EVENT)
