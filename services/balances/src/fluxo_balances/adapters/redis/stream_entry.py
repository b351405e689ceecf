from typing import Final

from fluxo_contracts.streams import EVENT_FIELD

from fluxo_balances.application.ports import Delivery

_FIELD: Final = EVENT_FIELD.encode()

StreamEntry = tuple[bytes, dict[bytes, bytes]]
"""Id and fields, as the client gives them."""


def delivery(entry: StreamEntry, deliveries: int) -> Delivery:
    stream_id, fields = entry
    return Delivery(stream_id.decode(), fields.get(_FIELD), deliveries)
