import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import asyncpg
from fluxo_chassis.resilience import CircuitBreaker, NoPlaceLeft, OverShare, Turns
from prometheus_client import Gauge, Histogram

from fluxo_entries.adapters.postgres.commit_connection import FIND_OUT_S, CommitConnection, DatabaseUnavailableError
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.errors import OutcomeUnknownError, OverloadedError, OverShareError

CONNECTIONS: Final = 2
QUEUE_ROWS_MAX: Final = 2_000
BATCH_ROWS_MAX: Final = 64
CLOSE_TIMEOUT_S: Final = 5.0

LEAD_S: Final = 0.005
"""So long what comes waits for the group under way: larger groups cost less an entry.

A slow disk or a lock takes longer, and then the second connection does not wait for the first.
"""

ANSWER_WITHIN_S: Final = 1.4
"""Less than the API allows a request, so that the caller learns whether something was written."""

SEND_WITHIN_S: Final = ANSWER_WITHIN_S - FIND_OUT_S - 0.2
"""What waited longer is not sent any more, while the answer that nothing was written is still sure."""

group_commit_rows = Histogram(
    "fluxo_group_commit_rows", "Entries written by one statement.", buckets=(1, 2, 4, 8, 16, 32, 64)
)
group_commit_queue_rows = Gauge("fluxo_group_commit_queue_rows", "Entries that wait to be written.")


@dataclass(slots=True, eq=False)
class _Waiting:
    recording: Recording
    outcome: asyncio.Future[Outcome]
    since: float


class GroupCommitter:
    """Lets concurrent callers share one statement and one commit.

    A lone recording is written at once, and those that come meanwhile are written together after it; the second
    connection begins when the first takes long, or when as many wait as a group may hold. Merchants take turns: the
    crowd of one waits behind itself. A full queue refuses the merchant with the most in it, for what waits longer than
    a client does is written for nobody. Whatever the database does, each caller is answered within ANSWER_WITHIN_S of
    coming, and at once while the breaker knows that it is unavailable.
    """

    def __init__(
        self,
        url: str,
        application_name: str,
        breaker: CircuitBreaker,
        *,
        queue_rows_max: int = QUEUE_ROWS_MAX,
        batch_rows_max: int = BATCH_ROWS_MAX,
    ) -> None:
        self._queue = Turns[_Waiting](queue_rows_max)
        self._unfinished = 0
        self._is_finished = asyncio.Event()
        self._is_finished.set()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._lead: asyncio.TimerHandle | None = None
        self._batch_rows_max = batch_rows_max
        self._connections = [CommitConnection(url, application_name, breaker) for _ in range(CONNECTIONS)]
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closing = False
        group_commit_queue_rows.set_function(self._queue.__len__)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._write_until_cancelled(connection)) for connection in self._connections]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Refuse what comes now, and finish what waits."""
        self._is_closing = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_finished.wait(), CLOSE_TIMEOUT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        self._refuse_waiting()
        for connection in self._connections:
            await connection.close()

    def append(self, recording: Recording) -> asyncio.Future[Outcome]:
        """Return what is done once the recording is committed. Who stops waiting for it changes nothing for others."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(recording, loop.create_future(), loop.time())
        try:
            self._put(waiting)
        except (OverloadedError, OverShareError) as refusal:
            waiting.outcome.set_exception(refusal)
        return waiting.outcome

    def _put(self, waiting: _Waiting) -> None:
        if self._is_closing:
            raise OverloadedError("The service is stopping.")
        try:
            given_up = self._queue.put(waiting.recording.entry.merchant_id, waiting)
        except OverShare:
            raise OverShareError("Too many of the merchant's entries wait to be written.") from None
        except NoPlaceLeft:
            raise OverloadedError("Too many entries wait to be written.") from None
        self._unfinished += 1
        self._is_finished.clear()
        if given_up is not None:
            self._finish([given_up], [OverShareError("Others' entries wait to be written too.")])
        self._wake_one()

    def _may_begin(self) -> bool:
        return bool(self._queue) and (self._lead is None or len(self._queue) >= self._batch_rows_max)

    def _begin_lead(self) -> asyncio.TimerHandle:
        if self._lead is not None:
            self._lead.cancel()
        self._lead = asyncio.get_running_loop().call_later(LEAD_S, self._end_lead)
        return self._lead

    def _end_lead(self) -> None:
        self._lead = None
        self._wake_one()

    def _wake_one(self) -> None:
        while self._idle and self._may_begin():
            turn = self._idle.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _write_until_cancelled(self, connection: CommitConnection) -> None:
        while True:
            if batch := await self._take():
                group_commit_rows.observe(len(batch))
                lead = self._begin_lead()
                await self._commit(connection, batch)
                if self._lead is lead:
                    lead.cancel()
                    self._end_lead()

    async def _take(self) -> list[_Waiting]:
        """Wait for recordings, and return as many as there are and can still be sent in time, of merchants in turns."""
        loop = asyncio.get_running_loop()
        while not self._may_begin():
            turn = loop.create_future()
            self._idle.append(turn)
            await turn
        taken: list[_Waiting] = []
        while len(taken) < self._batch_rows_max and self._queue:
            taken.append(self._queue.take(next(iter(self._queue))))
        oldest_sent = loop.time() - SEND_WITHIN_S
        late = [waiting for waiting in taken if waiting.since < oldest_sent]
        if not late:
            return taken
        self._finish(late, [OverloadedError("It waited too long to be written.") for _ in late])
        return [waiting for waiting in taken if waiting.since >= oldest_sent]

    async def _commit(self, connection: CommitConnection, batch: Sequence[_Waiting]) -> None:
        results: Sequence[Outcome | Exception]
        try:
            due = min(waiting.since for waiting in batch) + ANSWER_WITHIN_S
            results = await connection.commit([waiting.recording for waiting in batch], due)
        except OutcomeUnknownError as error:
            results = [OutcomeUnknownError(*error.args) for _ in batch]
            self._refuse_waiting()
        except DatabaseUnavailableError:
            results = [_unavailable() for _ in batch]
            # They would only find out later.
            self._refuse_waiting()
        except asyncio.CancelledError:
            self._finish(batch, [OutcomeUnknownError("The service stopped while it wrote.") for _ in batch])
            raise
        except Exception as error:  # noqa: BLE001 - a connection lives as long as the process; its callers get the error
            results = [error for _ in batch]
        self._finish(batch, results)

    def _refuse_waiting(self) -> None:
        while self._queue:
            self._finish([self._queue.take(next(iter(self._queue)))], [_unavailable()])

    def _finish(self, batch: Sequence[_Waiting], results: Sequence[Outcome | Exception]) -> None:
        self._unfinished -= len(batch)
        if not self._unfinished:
            self._is_finished.set()
        for waiting, result in zip(batch, results, strict=True):
            if waiting.outcome.done():
                continue  # its caller left
            if isinstance(result, Exception):
                waiting.outcome.set_exception(result)
            else:
                waiting.outcome.set_result(result)


def _unavailable() -> Exception:
    error: Exception = asyncpg.CannotConnectNowError("the entries database is unavailable")
    return error
