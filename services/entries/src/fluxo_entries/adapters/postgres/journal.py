import asyncio
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import Final

import asyncpg
from fluxo_chassis.postgres import is_unavailable
from fluxo_chassis.resilience import CircuitOpen

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.bulk_insert import CHUNK_ROWS, bulk_insert
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.insert import LOST_A_RACE, TRIES_MAX, find, refusal, tenants
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.errors import DayClosedError, IdempotencyKeyReusedError, OutcomeUnknownError, OverloadedError
from fluxo_entries.domain.merchant import DEFAULT_TIME_ZONE

FIND_OUT_TIMEOUT_S: Final = 0.5
"""With the time-out of the statement that was lost, the caller has its answer within two seconds."""

FIND_OUT_PAUSE_S: Final = 0.05

LONG_AT_ONCE: Final = 4
"""So many bulks that rest between their chunks hold a connection for seconds; the others are for what is short."""


class PostgresJournal:
    """Single entries by group commit, many at once in a transaction of their own."""

    def __init__(self, pool: asyncpg.Pool, committer: GroupCommitter) -> None:
        self._pool = pool
        self._long = asyncio.Semaphore(LONG_AT_ONCE)
        self.append = committer.append

    async def append_all(
        self, recordings: Sequence[Recording], *, atomic: bool
    ) -> list[Outcome | IdempotencyKeyReusedError | DayClosedError]:
        # Committed by itself: others would have to wait for a new merchant until all its entries are in.
        merchants, currencies = _merchants_of(recordings)
        await self._pool.execute(sql.ENSURE_MERCHANTS, tenants(merchants), merchants, currencies, DEFAULT_TIME_ZONE)
        try:
            return await self._write_when_free(recordings, atomic=atomic)
        except CircuitOpen:
            raise  # Nothing was sent.
        except Exception as error:
            if not is_unavailable(error):
                raise
        # Sent again: the keys let each be written once only, and tell which ones had been.
        with suppress(TimeoutError):
            async with asyncio.timeout(FIND_OUT_TIMEOUT_S):
                while True:
                    try:
                        return await self._write_when_free(recordings, atomic=atomic)
                    except Exception as error:
                        if not is_unavailable(error):
                            raise
                    await asyncio.sleep(FIND_OUT_PAUSE_S)
        raise OutcomeUnknownError("The database went away while it wrote.")

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        key = (merchant_id, idempotency_key)
        async with self._pool.acquire() as connection:
            stored = (await find(connection, [key])).get(key)
        if stored is None:
            return None
        stored_hash, entry = stored
        if stored_hash != request_hash:
            raise IdempotencyKeyReusedError(idempotency_key)
        return Outcome(entry, replayed=True)

    async def _write_when_free(
        self, recordings: Sequence[Recording], *, atomic: bool
    ) -> list[Outcome | IdempotencyKeyReusedError | DayClosedError]:
        async with self._long if len(recordings) > CHUNK_ROWS else nullcontext():
            for _ in range(TRIES_MAX):
                try:
                    async with self._pool.acquire() as connection:
                        return await bulk_insert(connection, recordings, atomic=atomic)
                except LOST_A_RACE:
                    continue
                except asyncpg.IntegrityConstraintViolationError as error:
                    raise refusal(error, recordings[0]) from error
        raise OverloadedError("The database is too busy to write this now.")


def _merchants_of(recordings: Sequence[Recording]) -> tuple[list[str], list[str]]:
    currencies = {recording.entry.merchant_id: recording.entry.currency for recording in recordings}
    return list(currencies), list(currencies.values())
