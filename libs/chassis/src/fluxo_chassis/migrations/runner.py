"""Schema migrations: Alembic revisions in a service's folder, run by code, one process at a time, under traffic."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import structlog
from alembic import context, op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from fluxo_chassis.migrations.lock_waits import LOCK_TIMEOUT_S, Blockers, MigrationBlockedError, is_lock_wait
from fluxo_chassis.migrations.newest import LOCK, PATIENCE_S
from fluxo_chassis.postgres.session import connect
from fluxo_chassis.resilience import Backoff

log = structlog.get_logger(__name__)

_TURN_POLL_S = 0.1
SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_TIMEOUT_S * 1000:.0f}",
    # What has its locks may take its time.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Alembic's `op` and `context` are module globals: one migration at a time in a process.
_one_at_a_time = threading.Lock()

_Steps = Callable[[ScriptDirectory, Any], Any]


def upgrade(
    scripts: str, *, owner_url: str, app_role: str | None, revision: str = "head", patience_s: float = PATIENCE_S
) -> None:
    """Takes a database forward to a revision, as `migrate` describes it."""
    _run(scripts, owner_url, app_role, patience_s, lambda script, at: script._upgrade_revs(revision, at))  # noqa: SLF001 - what alembic's own command calls


def downgrade(
    scripts: str, *, owner_url: str, app_role: str | None, revision: str, patience_s: float = PATIENCE_S
) -> None:
    """Takes a database back to `revision` (`base` for the empty one), as `upgrade` takes it forward."""
    _run(scripts, owner_url, app_role, patience_s, lambda script, at: script._downgrade_revs(revision, at))  # noqa: SLF001 - same


def run_sql(script: str) -> None:
    """For revisions: runs a script of any number of statements, as they stand, `%` and `:` included."""
    # Without arguments the driver uses the simple protocol, which takes many statements.
    _driver().run_async(lambda driver: driver.execute(script))


def create_index_concurrently(name: str, definition: str, *, unique: bool = False) -> None:
    """For revisions: an index on a table that is in use, e.g. `("notes_by_size", "ON notes (size)")`.

    It waits for the transactions that are open, but nobody waits for it. It is no part of the revision's transaction:
    it works on what earlier revisions made, and stays if this one fails. What an interrupted build left is built anew.
    """

    async def create(connection: asyncpg.Connection) -> None:
        is_valid = await connection.fetchval(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1))", name
        )
        if is_valid is False:
            await connection.execute(f'DROP INDEX CONCURRENTLY "{name}"')
        if not is_valid:
            kind = "UNIQUE INDEX" if unique else "INDEX"
            await connection.execute(f'CREATE {kind} CONCURRENTLY "{name}" {definition}')

    _over_a_second_connection(create)


def reindex_concurrently(name: str) -> None:
    """For revisions: an index anew, as `create_index_concurrently` does one; until then it serves as it was."""

    async def build(connection: asyncpg.Connection) -> None:
        for interrupted in (f"{name}_ccnew", f"{name}_ccold"):
            await connection.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{interrupted}"')
        await connection.execute(f'REINDEX INDEX CONCURRENTLY "{name}"')

    _over_a_second_connection(build)


def _over_a_second_connection(work: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    owner_url = context.config.attributes["owner_url"]

    async def run(driver: Any) -> None:
        # Our transaction's last query keeps its snapshot until there is another, and the work would wait for it.
        await driver.execute("SELECT")
        connection = await connect(owner_url, SETTINGS | {"lock_timeout": "0"}, application_name="migrate")
        try:
            await work(connection)
        finally:
            await connection.close()

    _driver().run_async(run)


def _driver() -> Any:
    return op.get_bind().connection.dbapi_connection


def _run(scripts: str, owner_url: str, app_role: str | None, patience_s: float, steps: _Steps) -> None:
    config = Config()
    config.set_main_option("script_location", scripts)
    config.attributes |= {"app_role": app_role, "owner_url": owner_url}
    run = _Run(config, ScriptDirectory.from_config(config), owner_url, patience_s, steps)
    with _one_at_a_time, ThreadPoolExecutor(1, "migrate") as thread:
        # In a thread of its own, because the caller's may already run an event loop.
        thread.submit(asyncio.run, run.to_its_end()).result()


@dataclass(slots=True)
class _Run:
    config: Config
    script: ScriptDirectory
    owner_url: str
    patience_s: float
    steps: _Steps
    revision: str | None = field(default=None, init=False)
    """The one that is being tried; None when there is none any more."""

    async def to_its_end(self) -> None:
        engine = create_async_engine(
            "postgresql+asyncpg://",
            poolclass=NullPool,
            # The driver reads the URL itself, so that it means the same here as everywhere else.
            async_creator=lambda: connect(self.owner_url, SETTINGS, application_name="migrate"),
        )
        try:
            async with engine.connect() as connection:
                await _wait_for_turn(connection)
                async with Blockers(self.owner_url, await _ask(connection, "SELECT pg_backend_pid()")) as blockers:
                    while await self._one_revision(connection, blockers):
                        pass
        finally:
            await engine.dispose()

    async def _one_revision(self, connection: AsyncConnection, blockers: Blockers) -> bool:
        """Apply the next revision, in as many tries as it takes; False when there is none."""
        backoff = Backoff(0.5, 5.0)
        started, tries = time.monotonic(), 0
        blockers.last_seen = []
        while True:
            try:
                async with connection.begin():
                    await connection.run_sync(self._apply_next)
                    return self.revision is not None
            except Exception as error:
                if not is_lock_wait(error):
                    raise
            tries += 1
            waited_s = time.monotonic() - started
            if waited_s >= self.patience_s:
                raise MigrationBlockedError(f"revision {self.revision}", waited_s, tries, blockers.last_seen)
            log.warning("a lock is taken: trying again", revision=self.revision, tries=tries, by=blockers.last_seen)
            await asyncio.sleep(backoff.next())

    def _apply_next(self, connection: Connection) -> None:
        def first(at: Any, _context: object) -> list[Any]:
            step = next(iter(self.steps(self.script, at)), None)
            self.revision = None if step is None else step.revision.revision
            return [] if step is None else [step]

        with EnvironmentContext(self.config, self.script, fn=first) as env:
            env.configure(connection=connection)
            env.run_migrations()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Take the lock that the session keeps."""
    is_told = False
    # Asked for again and again: an index that another migration builds would wait for a statement that waits.
    while not await _ask(connection, f"SELECT pg_try_advisory_lock({LOCK})"):
        if not is_told:
            log.info("another process migrates: waiting for it")
        is_told = True
        await asyncio.sleep(_TURN_POLL_S)


async def _ask(connection: AsyncConnection, question: str) -> Any:
    async with connection.begin():
        return (await connection.execute(text(question))).scalar_one()
