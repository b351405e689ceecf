import asyncio

import pytest
from fluxo_entries.application.publishing import measure_outbox
from fluxo_entries.application.publishing.measure_outbox import MeasureBacklog
from fluxo_entries.application.publishing.ports import Backlog
from fluxo_entries.application.publishing.stream_state import StreamPosition

pytestmark = pytest.mark.anyio

POSITION = StreamPosition(7, 1)


class Outbox:
    def __init__(self) -> None:
        self.asked_from: list[StreamPosition] = []

    async def backlog(self, position: StreamPosition) -> Backlog:
        self.asked_from.append(position)
        return Backlog(rows=len(self.asked_from), oldest_age_s=0, held_back_age_s=0)


class Stream:
    """Answers, fails or hangs."""

    failure: Exception | None = None
    hangs = False

    async def position(self) -> StreamPosition:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return POSITION


async def test_a_backlog_is_counted_also_while_the_stream_is_unavailable_or_hangs(monkeypatch):
    monkeypatch.setattr(measure_outbox, "POSITION_TIMEOUT_S", 0.01)
    outbox, stream = Outbox(), Stream()
    measure = MeasureBacklog(outbox, stream)
    await measure()
    stream.failure = ConnectionError()
    await measure()
    stream.hangs = True
    assert (await measure()).rows == 3
    assert outbox.asked_from == [POSITION] * 3


async def test_a_stream_that_was_never_seen_tells_of_no_backlog():
    stream = Stream()
    stream.failure = ConnectionError()
    with pytest.raises(ConnectionError):
        await MeasureBacklog(Outbox(), stream)()
