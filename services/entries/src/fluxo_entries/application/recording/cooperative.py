import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from itertools import chain, islice
from typing import Any, Final, TypeVar

AT_A_TIME_S: Final = 0.001

TURNS: Final = 3
"""Rounds of the loop between: a request that came meanwhile is read, looked at, and its statement sent."""

LOOKS_MAX: Final = 5
LOOK_AFTER_S: Final = 0.001
"""Short work takes two milliseconds or three; more than this is a crowd, which must not keep long work for good."""

PIECE_ITEMS: Final = 100
"""A tenth of a millisecond or two of what is done for each item of a bulk."""

T = TypeVar("T")
Sortable = TypeVar("Sortable", bound=tuple[Any, ...] | str)


class ShortWork:
    """`with short_work:` around what takes a moment, and should not meet work that takes long on its way.

    What is ended by a callback calls `begin` and `end`.
    """

    def __init__(self) -> None:
        self.under_way = 0

    def begin(self) -> None:
        self.under_way += 1

    def end(self) -> None:
        self.under_way -= 1

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()


short_work: Final = ShortWork()


async def let_short_work_pass() -> None:
    """Wait while there is some, LOOKS_MAX times LOOK_AFTER_S at most: before a statement, and between slices of work.

    The loop gives it turns of this process, but not of the few cores, which the database works on too.
    """
    for _ in range(LOOKS_MAX):
        if not short_work.under_way:
            return
        await asyncio.sleep(LOOK_AFTER_S)


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and every millisecond of work let the event loop serve other requests.

    Ten thousand items in one go would hold up everybody else for a third of a second.
    """
    due = 0.0
    for item in items:
        if time.perf_counter() >= due:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            await let_short_work_pass()
            due = time.perf_counter() + AT_A_TIME_S
        yield item


async def in_pieces(items: Iterable[T]) -> AsyncIterator[list[T]]:
    """Yield the items by the hundred, as `yielding` does one by one, which costs more than some work does."""
    rest = iter(items)
    async for piece in yielding(iter(lambda: list(islice(rest, PIECE_ITEMS)), [])):
        yield piece


async def sorted_in_turns(items: Iterable[Sortable]) -> list[Sortable]:
    """Return what `sorted` does, which takes some milliseconds for ten thousand."""
    runs = [sorted(piece) async for piece in in_pieces(items)]
    while len(runs) > 1:
        # Two runs that are in order are merged by it, and not sorted again.
        runs = [sorted(chain.from_iterable(runs[at : at + 2])) async for at in yielding(range(0, len(runs), 2))]
    return runs[0] if runs else []
