import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """Cancels the block unless the answer has begun `allowed_s` after the client sent its last piece.

    Whatever hangs behind a service, and however many waits follow each other, nobody waits longer than that for an
    answer. Waiting for the client itself does not count, and once the answer has begun there is no deadline any more.
    """

    def __init__(self, allowed_s: float) -> None:
        self._allowed_s = allowed_s
        self._timeout = asyncio.timeout(allowed_s)
        self._counts = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._counts = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counts = False
        await self._timeout.__aexit__(kind, error, trace)

    @property
    def is_missed(self) -> bool:
        return self._timeout.expired()

    def wait_for_client(self) -> None:
        self._set(None)

    def heard_client(self) -> None:
        self._set(asyncio.get_running_loop().time() + self._allowed_s)

    def meet(self) -> None:
        self._set(None)
        self._counts = False

    def _set(self, when: float | None) -> None:
        if self._counts and not self.is_missed:
            self._timeout.reschedule(when)
