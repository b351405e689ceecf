import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

ITEMS_A_TURN: Final = 250

T = TypeVar("T")


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and every few milliseconds of work let other requests have a turn.

    Ten thousand items in one go would hold up everybody else for a third of a second.
    """
    for index, item in enumerate(items):
        if index % ITEMS_A_TURN == 0:
            await asyncio.sleep(0)
        yield item
