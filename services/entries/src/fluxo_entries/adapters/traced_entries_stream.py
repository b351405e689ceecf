import time
from collections.abc import Sequence

from fluxo_chassis.observability.traces import spans
from fluxo_chassis.observability.traces.batch_spans import record_batch
from fluxo_contracts.envelope import traceparent_of
from fluxo_contracts.streams import ENTRIES_STREAM

from fluxo_entries.application.publishing.ports import EntriesStream, OutboxRow
from fluxo_entries.application.publishing.stream_state import StreamPosition


class TracedEntriesStream:
    """Records each publishing in the trace of the request behind it. Nothing is looked at while nobody wants spans."""

    def __init__(self, stream: EntriesStream) -> None:
        self._stream = stream
        self.position, self.end, self.remove = stream.position, stream.end, stream.remove
        self.delivered = stream.delivered
        self.state, self.trim_below, self.keep_counts = stream.state, stream.trim_below, stream.keep_counts

    async def publish(self, after: StreamPosition, rows: Sequence[OutboxRow]) -> int:
        began_ns = time.time_ns()
        added = await self._stream.publish(after, rows)
        if added and spans.is_on():
            record_batch(f"publish {ENTRIES_STREAM}", "producer", map(_traceparent, rows[-added:]), began_ns)
        return added


def _traceparent(row: OutboxRow) -> str | None:
    return traceparent_of(row.event)
