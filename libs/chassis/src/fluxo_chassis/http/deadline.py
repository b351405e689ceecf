import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """Cancels the block unless the answer has begun `allowed_s` after the client sent its last piece.

    Whatever hangs behind a service, and however many waits follow each other, nobody waits longer than that for an
    answer. Waiting for the client itself does not count, and once the answer has begun there is no deadline any more.
    A block that was cancelled for that ends with TimeoutError.

    Every request has one. So it sets one timer, which looks when it is due whether the deadline has moved: a new timer
    each time that the client is heard, as with `asyncio.timeout`, costs several times as much.
    """

    def __init__(self, allowed_s: float) -> None:
        self.is_missed = False
        self._allowed_s = allowed_s
        self._loop = asyncio.get_running_loop()
        self._counts = False
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._task = task
        self._cancelling = task.cancelling()
        self._counts = True
        self.heard_client()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.meet()
        # As in asyncio.timeout: only the cancellation of our own becomes a TimeoutError.
        is_ours_alone = self.is_missed and self._task.uncancel() <= self._cancelling
        if is_ours_alone and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def wait_for_client(self) -> None:
        self._due = None

    def heard_client(self) -> None:
        if self._counts:
            self._due = self._loop.time() + self._allowed_s
            if self._timer is None:
                self._timer = self._loop.call_at(self._due, self._look)

    def meet(self) -> None:
        """The answer has begun, or nobody waits for one: no deadline any more."""
        self._counts = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return  # The client is waited for; when it is heard there is a new timer.
        if self._due > self._loop.time():
            self._timer = self._loop.call_at(self._due, self._look)
            return
        self.is_missed = True
        self._counts = False
        self._task.cancel()
