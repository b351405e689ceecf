import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from itertools import chain, islice
from typing import Any, Final, TypeVar

AT_A_TIME_S: Final = 0.001

TURNS: Final = 3
"""Rounds of the loop between: a request that came meanwhile is read, looked at, and its statement sent."""

COMES_WITHIN_S: Final = 0.25
"""Short work that ended so lately is likely to come again."""

REST: Final = 2
"""Where short work comes, each piece of long work rests for so many times what it worked: it has a third of a core,
and who waits for a single entry meets it a third of the time."""

REST_MAX_S: Final = 0.03
"""After statements, which take longer the busier the database is: a bulk of ten thousand rests for little more than a
second after all of its."""

PIECE_ITEMS: Final = 125
"""A tenth of a millisecond or two of what is done for each item of a bulk. One that writes its events into the outbox
itself is one piece: it holds others' events back until it commits, and must not rest before."""

T = TypeVar("T")
Sortable = TypeVar("Sortable", bound=tuple[Any, ...] | str)


class ShortWork:
    """`with short_work:` around what takes a moment, and should not meet work that takes long on its way.

    What is ended by a callback calls `begin` and `end`.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self._ended_s = -COMES_WITHIN_S

    @property
    def comes(self) -> bool:
        """Whether there is some, or was a moment ago."""
        return self.under_way > 0 or time.perf_counter() < self._ended_s + COMES_WITHIN_S

    def begin(self) -> None:
        self.under_way += 1

    def end(self) -> None:
        self.under_way -= 1
        self._ended_s = time.perf_counter()

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()


short_work: Final = ShortWork()


async def give_way() -> None:
    """Let others have turns after a slice of AT_A_TIME_S, and rest where short work comes.

    The loop gives turns of this process only, and not of the few cores, which the database works on too.
    """
    await _turns()
    await _rest(AT_A_TIME_S)


async def then_rest(statements: Awaitable[T]) -> T:
    """Return what the statements do, after a rest where short work comes."""
    began_s = time.perf_counter()
    result = await statements
    await _rest(time.perf_counter() - began_s)
    return result


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def _rest(worked_s: float) -> None:
    if short_work.comes:
        await asyncio.sleep(min(REST * worked_s, REST_MAX_S))


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and give way every millisecond of work.

    Ten thousand items in one go would hold up everybody else for a third of a second.
    """
    # Not more at first: what has few items never works for a millisecond.
    pause, due = _turns, 0.0
    for item in items:
        if time.perf_counter() >= due:
            await pause()
            pause, due = give_way, time.perf_counter() + AT_A_TIME_S
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
