import asyncio
from collections.abc import Awaitable, Callable

import structlog

from fluxo_chassis.observability.logs.error_text import error_message
from fluxo_chassis.resilience.backoff import wait_for_stop

log = structlog.get_logger(__name__)


async def every(interval_s: float, work: Callable[[], Awaitable[None]], stop: asyncio.Event, *, failure: str) -> None:
    """Do the work now and again after each interval, until asked to stop.

    What fails is logged as `failure` and done the next time: whatever else the process does goes on.
    """
    while not stop.is_set():
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - see above
            log.warning(failure, reason=type(error).__name__, detail=error_message(error))
        await wait_for_stop(stop, interval_s)
