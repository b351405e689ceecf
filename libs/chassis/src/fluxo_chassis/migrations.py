"""Schema migrations: Alembic revisions in a service's folder, run by code, one process at a time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import structlog
from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

log = structlog.get_logger(__name__)

# Any constant will do, as long as every version of the program locks the same.
_LOCK = 7_381_204_117
SERVER_SETTINGS = {"timezone": "UTC", "application_name": "migrate"}
# Alembic's `op` and `context` are module globals: one migration at a time in a process.
_one_at_a_time = threading.Lock()


def migrate(scripts: str, *, owner_url: str, app_role: str | None) -> None:
    """Brings a database to the newest revision of `scripts` (`"package:folder"`, revisions in its `versions/`).

    Everything happens in one transaction. Processes that migrate at the same time wait for each other. A revision finds
    `app_role` in `context.config.attributes["app_role"]`.
    """
    _run(scripts, owner_url, app_role, "head", lambda script, revision: script._upgrade_revs("head", revision))  # noqa: SLF001 - what alembic's own command calls


def downgrade(scripts: str, *, owner_url: str, app_role: str | None, revision: str) -> None:
    """Takes a database back to `revision` (`base` for the empty one)."""
    _run(scripts, owner_url, app_role, revision, lambda script, at: script._downgrade_revs(revision, at))  # noqa: SLF001 - same


def run_sql(script: str) -> None:
    """For revisions: runs a script of any number of statements, as they stand, `%` and `:` included."""
    adapted: Any = op.get_bind().connection.dbapi_connection
    # Without arguments the driver uses the simple protocol, which takes many statements.
    adapted.run_async(lambda driver: driver.execute(script))


def _run(
    scripts: str, owner_url: str, app_role: str | None, target: str, steps: Callable[[ScriptDirectory, Any], Any]
) -> None:
    config = Config()
    config.set_main_option("script_location", scripts)
    config.attributes["app_role"] = app_role
    script = ScriptDirectory.from_config(config)

    def inside(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        with EnvironmentContext(
            config, script, fn=lambda at, _context: steps(script, at), destination_rev=target
        ) as env:
            env.configure(connection=connection, transaction_per_migration=False)
            env.run_migrations()

    async def main() -> None:
        engine = create_async_engine(
            "postgresql+asyncpg://",
            poolclass=NullPool,
            # The driver reads the URL itself, so that it means the same here as everywhere else.
            async_creator=lambda: asyncpg.connect(owner_url, server_settings=SERVER_SETTINGS),
        )
        try:
            async with engine.begin() as connection:
                await connection.run_sync(inside)
        finally:
            await engine.dispose()

    with _one_at_a_time, ThreadPoolExecutor(1, "migrate") as thread:
        # In a thread of its own, because the caller's may already run an event loop.
        thread.submit(asyncio.run, main()).result()
    log.info("migrated", scripts=scripts, revision=target)
