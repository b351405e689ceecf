"""Names that both services must spell the same way."""

from typing import Final

ENTRIES_STREAM: Final = "fluxo.entries"
DAILY_BALANCES_GROUP: Final = "daily-balances"
ENTRIES_DEAD_LETTERS_STREAM: Final = "fluxo.entries.dead"

EVENT_FIELD: Final = "event"
"""The one field of a stream entry: a CloudEvent in structured JSON form, UTF-8."""
