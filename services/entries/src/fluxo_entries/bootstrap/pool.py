import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fluxo_chassis.postgres import Pool, open_pool
from fluxo_chassis.resilience import Bulkhead, CircuitBreaker

CLOSE_TIMEOUT_S: Final = 2.0


@asynccontextmanager
async def pool_of(
    url: str,
    application_name: str,
    *,
    max_size: int | None = None,
    breaker: CircuitBreaker | None = None,
    bulkhead: Bulkhead | None = None,
) -> AsyncIterator[Pool]:
    """A pool that is closed at the end, by force when the database does not answer any more."""
    pool = await open_pool(
        url, application_name=application_name, max_size=max_size, breaker=breaker, bulkhead=bulkhead
    )
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_TIMEOUT_S)
        except TimeoutError:
            pool.terminate()
