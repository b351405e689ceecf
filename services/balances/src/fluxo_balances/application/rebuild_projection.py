"""The whole projection is built anew from the entries, while reads and writes go on.

1. Empty shadow tables and the *mark* are committed. From then on projectors apply each batch to the tables that are
   read **and** to the shadow tables, in one transaction.
2. After that a replay is taken: all entries that are recorded by then, from one snapshot.
3. The replay is loaded into the shadow tables, part by part. The shadow inbox decides what is new, as ever.
4. The shadow tables take the others' place and the mark goes, in one transaction. Then cached answers are removed.

Why each entry counts exactly once in the shadow tables. *At most once*: replay and projectors go through the same
inbox. *At least once*: take an entry that a projector applied. Either its transaction saw the mark; then it wrote to
the shadow tables too, or failed as a whole and is tried again. Or it did not see the mark; then the event had been read
from the stream before the mark was committed, so the entry was committed before that, so it is in the snapshot, which
is younger. And an entry that no projector applied yet is in the replay, or is applied when its event comes; if both,
the inbox knows it by then, for the shadow inbox takes the inbox's place like the other tables.

That the snapshot is younger than the mark is not left to whoever starts the two processes: the replay must be asked
with the mark, which nobody knows before it is committed, and repeats it in its header.

The inbox forgets ids by age, since events as old are never applied. The shadow inbox takes none of these to begin with.

Until step 4 nothing that is read is touched. A rebuild that dies leaves its mark and its tables behind: the first
projector that meets the mark of a dead one removes it, and the next rebuild replaces both.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from fluxo_balances.application.ports import CacheUnavailableError, Clock
from fluxo_balances.domain.inbox import PURGED_AFTER, lowest_id


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """Some entries of a replay, as they came."""

    entries: int
    lines: bytes


class Replay(Protocol):
    """All recorded entries, from one snapshot."""

    async def begin(self) -> tuple[UUID, int]:
        """Return the mark that the replay was asked with, and how many entries it holds.

        Raises:
            ReplayBrokenError: there is no replay.
        """

    def parts(self) -> AsyncIterator[ReplayPart]:
        """Yield the entries; fewer than announced when the replay breaks off."""


class ShadowTables(Protocol):
    """What will take the place of the read model's tables."""

    async def prepare(self) -> UUID:
        """Make empty shadow tables, replacing any that were left behind, and return the mark that stands by now.

        Raises:
            AnotherRebuildRunsError: nothing was changed.
        """

    async def load(self, part: ReplayPart, oldest_remembered: UUID) -> None:
        """Apply the entries that the shadow inbox does not hold; it takes no id below the given one."""

    async def swap(self, mark: UUID) -> None:
        """Let the shadow tables be the read model, and remove the mark; readers wait for some 0.4 s at the most.

        Raises:
            MarkLostError: the mark does not stand any more, so something may be missing; nothing was changed.
        """

    async def discard(self) -> None:
        """Remove shadow tables and mark."""


class CachedAnswers(Protocol):
    async def remove_all(self) -> None:
        """Remove all merchants' answers and leases.

        Raises:
            CacheUnavailableError: it could not be done.
        """


class AnotherRebuildRunsError(Exception):
    def __init__(self) -> None:
        super().__init__("another rebuild is running.")


class MarkLostError(Exception):
    def __init__(self) -> None:
        super().__init__("its mark was removed while it ran, so it may have missed something; run it again.")


class ReplayBrokenError(Exception):
    """The replay is not whole, or not one for this rebuild; the message says which."""


class OldAnswersRemainError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "the balances are rebuilt, but the cache cannot be emptied, and may answer what was wrong for an hour. "
            "Run it again when the cache is back."
        )


@dataclass(frozen=True, slots=True)
class Observer:
    """Who is told how far it is: the mark, then `replayed` of `entries` again and again."""

    marked: Callable[[UUID], None]
    replayed: Callable[[int, int], None]


class RebuildProjection:
    def __init__(self, shadow: ShadowTables, answers: CachedAnswers, clock: Clock, observer: Observer) -> None:
        self._shadow = shadow
        self._answers = answers
        self._clock = clock
        self._observer = observer

    async def __call__(self, replay: Replay) -> int:
        """Rebuild, and return from how many entries.

        Raises:
            AnotherRebuildRunsError, ReplayBrokenError, MarkLostError: the read model is as it was.
            OldAnswersRemainError: the read model is rebuilt; answers that were cached before are still served.
        """
        oldest_remembered = lowest_id(self._clock.now() - PURGED_AFTER)
        mark = await self._shadow.prepare()
        try:
            self._observer.marked(mark)
            entries = await self._load(replay, mark, oldest_remembered)
            await self._shadow.swap(mark)
        except BaseException:
            with suppress(Exception):
                await self._shadow.discard()
            raise
        try:
            await self._answers.remove_all()
        except CacheUnavailableError as error:
            raise OldAnswersRemainError from error
        return entries

    async def _load(self, replay: Replay, mark: UUID, oldest_remembered: UUID) -> int:
        asked_with, entries = await replay.begin()
        if asked_with != mark:
            raise ReplayBrokenError("the replay was not taken for this rebuild.")
        replayed = 0
        self._observer.replayed(replayed, entries)
        async for part in replay.parts():
            await self._shadow.load(part, oldest_remembered)
            replayed += part.entries
            self._observer.replayed(replayed, entries)
        if replayed != entries:
            raise ReplayBrokenError(f"the replay broke off after {replayed:,} of {entries:,} entries.")
        return entries
