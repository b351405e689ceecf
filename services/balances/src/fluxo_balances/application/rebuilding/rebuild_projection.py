"""The whole projection is built anew from the entries, while reads and writes go on.

1. Empty shadow tables and the *rebuild id* are committed. From then on projectors apply each batch to the tables that
   are read **and** to the shadow tables, in one transaction.
2. After that a replay is taken: all entries that are recorded by then, from one snapshot.
3. The replay is loaded into the shadow tables, part by part. The shadow inbox decides what is new, as ever.
4. The shadow tables take the others' place and the rebuild id is removed, in one transaction. Then cached answers are
   removed.

Why each entry counts exactly once in the shadow tables. *At most once*: replay and projectors go through the same
inbox. *At least once*: take an entry that a projector applied. Either its transaction saw the rebuild id; then it wrote
to the shadow tables too, or failed as a whole and is tried again. Or it did not see the rebuild id; then the event had
been read from the stream before the rebuild id was committed, so the entry was committed before that, so it is in the
snapshot, which is younger. And an entry that no projector applied yet is in the replay, or is applied when its event
comes; if both, the inbox knows it by then, for the shadow inbox takes the inbox's place like the other tables.

That the snapshot is younger than the rebuild id is not left to whoever starts the two processes: the replay must be
asked with the rebuild id, which nobody knows before it is committed, and repeats it in its header.

Settings of merchants and API keys go the same two ways; which of two settings hold, their instants tell, and a key that
is revoked in one of them is revoked.

The inbox forgets ids by age, since events as old are never applied. The shadow inbox takes none of these to begin with.

A merchant of whom an entry breaks a rule of the read model hinders no other: its rows, the inbox's too, are taken over
from the live tables by the transaction of step 4, and it is named.

Until step 4 nothing that is read is touched. A rebuild that dies leaves its rebuild id and its tables behind: the first
projector that meets the rebuild id of a dead one removes it, and the next rebuild replaces both.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from fluxo_balances.application.ports import CacheUnavailableError, Clock
from fluxo_balances.application.rebuilding.ports import CachedAnswers, Replay, ReplayBrokenError, ShadowTables
from fluxo_balances.domain.inbox import PURGED_AFTER, lowest_id


class OldAnswersRemainError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "the balances are rebuilt, but the cache cannot be emptied, and may answer what was wrong for an hour. "
            "Run it again when the cache is back."
        )


@dataclass(frozen=True, slots=True)
class Observer:
    """Who is told how far it is: the rebuild id, then `replayed` of `entries` again and again.

    `refused` is told a merchant whose balances stay as they were, and why.
    """

    began: Callable[[UUID], None]
    replayed: Callable[[int, int], None]
    refused: Callable[[str, str], None]


class RebuildProjection:
    def __init__(self, shadow: ShadowTables, answers: CachedAnswers, clock: Clock, observer: Observer) -> None:
        self._shadow = shadow
        self._answers = answers
        self._clock = clock
        self._observer = observer

    async def __call__(self, replay: Replay) -> int:
        """Rebuild, and return from how many entries.

        Raises:
            AnotherRebuildRunsError, ReplayBrokenError, RebuildSupersededError: the read model is as it was.
            OldAnswersRemainError: the read model is rebuilt; answers that were cached before are still served.
        """
        oldest_remembered = lowest_id(self._clock.now() - PURGED_AFTER)
        rebuild_id = await self._shadow.prepare()
        try:
            self._observer.began(rebuild_id)
            refused: dict[str, str] = {}
            entries = await self._load(replay, rebuild_id, oldest_remembered, refused)
            await self._shadow.swap(rebuild_id, refused)
        except BaseException:
            with suppress(Exception):
                await self._shadow.discard()
            raise
        for merchant_id, reason in refused.items():
            self._observer.refused(merchant_id, reason)
        try:
            await self._answers.remove_all()
        except CacheUnavailableError as error:
            raise OldAnswersRemainError from error
        return entries

    async def _load(self, replay: Replay, rebuild_id: UUID, oldest_remembered: UUID, refused: dict[str, str]) -> int:
        asked_with, entries = await replay.begin()
        if asked_with != rebuild_id:
            raise ReplayBrokenError("the replay was not taken for this rebuild.")
        await self._shadow.load_settings(await replay.settings())
        await self._shadow.load_api_keys(await replay.api_keys())
        replayed = 0
        self._observer.replayed(replayed, entries)
        async for part in replay.parts():
            refused |= await self._shadow.load(part, oldest_remembered)
            replayed += part.entries
            self._observer.replayed(replayed, entries)
        if replayed != entries:
            raise ReplayBrokenError(f"the replay broke off after {replayed:,} of {entries:,} entries.")
        return entries
