"""Names that both services must spell the same way."""

from typing import Final

ENTRIES_STREAM: Final = "fluxo.entries"
DAILY_BALANCES_GROUP: Final = "daily-balances"
ENTRIES_DEAD_LETTERS_STREAM: Final = "fluxo.entries.dead"

EVENT_FIELD: Final = "event"
"""What a stream entry holds: a CloudEvent in structured JSON form, UTF-8."""

BULK_PART_EVENTS: Final = 125
"""So many events of a bulk are published at a time, the next ones when the consumers were given these; events of single
entries go out between them."""

SIGNATURE_FIELD: Final = "signature"
"""Beside the event where events are signed (`signatures.py`); a dead letter keeps it."""

REASON_FIELD: Final = "reason"
STREAM_ID_FIELD: Final = "stream_id"
DELIVERIES_FIELD: Final = "deliveries"
"""A dead letter has these beside `event`, which is missing when the stream entry had none."""
