import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

ITEMS_AT_A_TIME: Final = 250

T = TypeVar("T")


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and every few milliseconds of work let the event loop serve other requests.

    Ten thousand items in one go would hold up everybody else for a third of a second.
    """
    for index, item in enumerate(items):
        if index % ITEMS_AT_A_TIME == 0:
            await asyncio.sleep(0)
        yield item
