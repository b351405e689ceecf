"""Waiting for a lock of PostgreSQL, in a way that lets others pass and knows whom it waits for."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import asyncpg

# Everybody who wants the table queues behind us for that long. Well below the second after which the services give up
# on a statement, and below `deadlock_timeout`: in a deadlock it is never somebody else who has to go.
LOCK_TIMEOUT_S = 0.3
_LOOK_EVERY_S = LOCK_TIMEOUT_S / 4
_SQLSTATES = {"55P03", "40P01"}  # lock_not_available, deadlock_detected

# What a session does is hidden from roles that have nothing to do with it; its pid, role and name are not.
_BLOCKERS = """
SELECT concat('process ', pid, ' (role ', usename, ', ', nullif(application_name, '') || ', ',
              coalesce(state, 'state hidden'), ')', ': ' || left(regexp_replace(query, '\\s+', ' ', 'g'), 200)) AS who
FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids($1)) ORDER BY pid
"""


class MigrationBlockedError(Exception):
    """A revision, or what comes after the revisions, never got a lock that it needs."""

    def __init__(self, what: str, waited_s: float, tries: int, blockers: list[str]) -> None:
        whom = "; ".join(blockers) or "unknown: see pg_locks"
        super().__init__(
            f"{what} did not get a lock within {waited_s:.0f} s ({tries} tries) and changed nothing; the "
            f"revisions before it stay. The lock is held by {whom}. Wait until that transaction is over, or end it by "
            "SELECT pg_terminate_backend(<process>), and migrate again."
        )


def is_lock_wait(error: BaseException) -> bool:
    """Whether an error of the driver, or of SQLAlchemy around it, says that a lock was not to be had in time."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) in _SQLSTATES


class Blockers:
    """Looks, over a connection of its own, at whom another one waits for."""

    def __init__(self, url: str, waiting_pid: int) -> None:
        self._url = url
        self._waiting_pid = waiting_pid
        self._task: asyncio.Task[None] | None = None
        self.last_seen: list[str] = []

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self._url, server_settings={"application_name": "migrate-blockers"})
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._connection.terminate()

    async def _look(self) -> None:
        while True:
            with suppress(asyncpg.PostgresError):
                seen: list[Any] = await self._connection.fetch(_BLOCKERS, self._waiting_pid)
                self.last_seen = [row["who"] for row in seen] or self.last_seen
            await asyncio.sleep(_LOOK_EVERY_S)
