import asyncio
from collections.abc import Awaitable, Callable

import structlog

from fluxo_chassis.observability.logs.error_text import error_message
from fluxo_chassis.resilience.backoff import Backoff, wait_for_stop
from fluxo_chassis.resilience.circuit import Circuit

log = structlog.get_logger(__name__)


class Retry(Circuit):
    """Does one piece of work until it succeeds, with waits that grow from `first_s` to `cap_s`.

    For a caller that is alone in calling: it tries once at a time by itself, and its circuit only shows that it waits.
    """

    def __init__(self, name: str, *, first_s: float = 0.1, cap_s: float = 5.0) -> None:
        super().__init__(name)
        self._backoff = Backoff(first_s, cap_s)

    async def until_done(
        self,
        work: Callable[[], Awaitable[None]],
        stop: asyncio.Event,
        *,
        on: type[Exception] | tuple[type[Exception], ...] = Exception,
    ) -> None:
        """Try, once at least, until the work is done or `stop` is set; errors other than `on` are the caller's."""
        while True:
            if self._state == "open":
                self._become("half-open")
            try:
                await work()
            except on as error:
                reason = f"{type(error).__name__}: {error_message(error)}"
                log.warning("%s failed and is tried again", self.name, reason=reason)
                self._become("open")
                if await wait_for_stop(stop, self._backoff.next()):
                    return
            else:
                self.reached()
                return

    async def for_ever(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Do the work again and again until `stop` is set; what is under way then is finished."""
        while not stop.is_set():
            await self.until_done(work, stop)

    def reached(self) -> None:
        """The other side answers: for work that goes on for long after that."""
        self._backoff.reset()
        self._become("closed")
