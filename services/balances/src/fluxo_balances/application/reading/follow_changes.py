"""Who looks at a merchant's days is told of changes, by one watch for all of them.

The watch asks for all who follow, in one query, when a projector says that it has applied something, and now and again.
Before it tells of a change it removes the merchant's cached answers, as `AwaitEntry` does: the projector removes them
too, a moment after it commits, but who is told to read must not read what was before.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from fluxo_balances.application.ports import AnswerInvalidation, CacheUnavailableError, ReadModelUnavailableError
from fluxo_balances.application.reading.ports import MerchantPositions, Position

FOLLOWERS_MAX: Final = 1_000
FOLLOWERS_PER_MERCHANT_MAX: Final = 100

LOOK_EVERY_S: Final = 15.0
"""A notification is a hint and may get lost; nobody is told later than this of what one was lost for."""

RETRY_EVERY_S: Final = 1.0

GATHER_S: Final = 0.05
"""Looks are so far apart: under load one of them serves many changes."""


class TooManyFollowersError(Exception):
    """So many follow changes here already, or this merchant's, that another one would be too many."""


class Follower:
    """Yields where the merchant stands, whenever its caller does not know that yet; None once while nobody can tell.

    Only the newest is kept for a caller that is slow. Ends when the process is about to. `with` leaves it.
    """

    def __init__(self, following: "FollowChanges", merchant_id: str, known: str) -> None:
        self.merchant_id = merchant_id
        self._following = following
        self._known: str | None = known
        self._position: Position | None = None
        self._told = asyncio.Event()
        self._is_over = False

    def tell(self, position: Position | None) -> None:
        self._position = position
        self._told.set()

    def end(self) -> None:
        self._is_over = True
        self._told.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._following.leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Position | None:
        """Return the next; may be cancelled and asked again, nothing is lost by that."""
        while True:
            await self._told.wait()
            if self._is_over:
                raise StopAsyncIteration
            self._told.clear()
            position_id = None if self._position is None else self._position.id
            if position_id != self._known:
                self._known = position_id
                return self._position


class FollowChanges:
    """Some of the merchant's days have changed: who shows them reads them again.

    First comes where the merchant stands now, unless that is the position that the caller names: so nothing is missed
    that came after the days were read. Then there is an event for each change, or one for several that came close
    together. When it cannot be told whether anything changes it is said once, and where the merchant stands as soon as
    that can be told again.
    """

    def __init__(self, merchants: MerchantPositions, answers: AnswerInvalidation) -> None:
        self._merchants = merchants
        self._answers = answers
        self._followers: dict[str, set[Follower]] = {}
        self._positions: dict[str, Position] = {}
        self._asked = set[str]()
        self._due = asyncio.Event()
        self._is_away = False
        self._is_over = False
        self.count = 0

    def __call__(self, merchant_id: str, known: str) -> Follower:
        """Begin to follow; `known` is the id of the position that the caller knows, or anything else.

        Raises:
            TooManyFollowersError: nobody was let in.
        """
        beside = len(self._followers.get(merchant_id, ()))
        if self.count >= FOLLOWERS_MAX or beside >= FOLLOWERS_PER_MERCHANT_MAX:
            raise TooManyFollowersError
        follower = Follower(self, merchant_id, known)
        self._followers.setdefault(merchant_id, set()).add(follower)
        self.count += 1
        if self._is_over:
            follower.end()
        self.hear([merchant_id])
        return follower

    def leave(self, follower: Follower) -> None:
        followers = self._followers[follower.merchant_id]
        followers.remove(follower)
        self.count -= 1
        if not followers:
            del self._followers[follower.merchant_id]
            self._positions.pop(follower.merchant_id, None)

    def hear(self, merchant_ids: Collection[str] | None = None) -> None:
        """Something was applied for these merchants, or for whom nobody knows: look soon."""
        followed = self._followers.keys()
        self._asked |= followed if merchant_ids is None else followed & set(merchant_ids)
        if self._asked:
            self._due.set()

    async def watch(self, stop: asyncio.Event) -> None:
        """Look whenever it is due, until asked to stop; then nobody follows any more."""
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_for_ever())
            await stop.wait()
            looking.cancel()
        self._is_over = True
        for follower in self._all():
            follower.end()

    async def _look_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(RETRY_EVERY_S if self._is_away else LOOK_EVERY_S):
                    await self._due.wait()
            except TimeoutError:
                self.hear()
            self._due.clear()
            asked, self._asked = self._asked & self._followers.keys(), set()
            if asked:
                await self._look(asked)
                await asyncio.sleep(GATHER_S)

    async def _look(self, asked: Collection[str]) -> None:
        if self._is_away:
            asked = list(self._followers)
        try:
            found = await self._merchants.positions(asked)
        except ReadModelUnavailableError:
            self._is_away = True
            for follower in self._all():
                follower.tell(None)
            return
        self._is_away = False
        changed = [merchant_id for merchant_id in asked if found[merchant_id] != self._positions.get(merchant_id)]
        if changed:
            with suppress(CacheUnavailableError):
                await self._answers.invalidate(changed)
        for merchant_id in asked:
            for follower in self._followers.get(merchant_id, ()):
                self._positions[merchant_id] = found[merchant_id]
                follower.tell(found[merchant_id])

    def _all(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]
