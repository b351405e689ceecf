from collections.abc import Sequence
from typing import Any, Final

from fluxo_contracts.streams import EVENT_FIELD, SIGNATURE_FIELD

from fluxo_balances.application.projecting.ports import Delivery

_EVENT: Final = EVENT_FIELD.encode()
_SIGNATURE: Final = SIGNATURE_FIELD.encode()

StreamEntry = tuple[bytes, dict[bytes, bytes]]
"""Id and fields. An entry that was deleted while it was pending has none."""


def stream_entries(reply: Sequence[Any] | None) -> list[StreamEntry]:
    """Return what a reply lists, such as XRANGE's; older servers list nil for what XCLAIM doesn't find any more."""
    return [(entry[0], _by_name(entry[1] or ())) for entry in reply or () if entry is not None]


def _by_name(names_and_values: Sequence[bytes]) -> dict[bytes, bytes]:
    each = iter(names_and_values)
    return {name: next(each) for name in each}


def delivery(entry: StreamEntry, deliveries: int) -> Delivery:
    stream_id, fields = entry
    return Delivery(stream_id.decode(), fields.get(_EVENT), deliveries, fields.get(_SIGNATURE))
