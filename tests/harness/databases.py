"""Databases for tests: an empty one, or a service's own, migrated once, cloned, and emptied for the next test."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg


@dataclass(frozen=True)
class Database:
    name: str
    url: str
    """As the application's role, which may do only what it must."""
    api_url: str
    """As the API's own, which may do less, and sees the rows of the merchants that it names."""
    owner_url: str
    admin_url: str


def url_of(admin_url: str, database: str, user: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(admin_url)
    credentials = parts.netloc.rpartition("@")[0] if user is None else f"{user}:{password}"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{credentials}@{host}", f"/{database}", "", ""))


@asynccontextmanager
async def empty_database(admin_url: str, prefix: str, options: str = "") -> AsyncIterator[tuple[str, str]]:
    """Create a database and a role for the application; yields the URL of the one, as admin, and the other's name."""
    name = f"{prefix}_{secrets.token_hex(4)}"
    app_role = f"{name}_app"
    await _execute(admin_url, f"CREATE DATABASE {name} {options}", f"CREATE ROLE {app_role}")
    try:
        yield url_of(admin_url, name), app_role
    finally:
        await _execute(admin_url, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {app_role}")


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def query(url: str, statement: str, *arguments: object) -> Any:
    """Run a statement over a connection of its own; returns the first value that it gives."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()

    return asyncio.run(run())


# All that a test may change but rows: columns, constraints, functions, triggers, grants, statistics.
_STATE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT concat_ws(' ', 'relation', oid, relname, relacl, relrowsecurity, reloptions) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'policy', oid, xmin) FROM pg_policy
    UNION ALL SELECT concat_ws(' ', 'attribute', attrelid, attnum, xmin) FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'constraint', oid, xmin) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'function', oid, xmin) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'trigger', oid, xmin) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', 'statistic', starelid, staattnum, xmin) FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'database', datallowconn, datconnlimit, datacl) FROM pg_database
    WHERE datname = current_database()
) AS parts (part)
"""
# For one that nobody analysed a plan is made as for ten pages, however few it has: what rows leave in them is not seen.
_TABLES = """
SELECT relname, size > 0 AS was_filled, size >= 10 * current_setting('block_size')::int OR reltuples >= 0 AS shows
FROM pg_class, pg_relation_size(oid) AS size WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
_RESTART_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
WHERE last_value IS NOT NULL
"""
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class DatabaseTemplate:
    """Migrates a service's database once, and clones it for each test that asks for a fresh one.

    A clone whose test changed rows only is emptied and serves again: making one costs ten times as much.
    """

    def __init__(self, admin_url: str, service: str, migrate: Callable[..., None]) -> None:
        self._admin_url = admin_url
        self.migrate = migrate
        self.name = f"{service}_{os.getpid()}_{secrets.token_hex(3)}"
        self.owner, self.app, self.api = (f"{self.name}_{role}" for role in ("owner", "app", "api"))
        self._password = secrets.token_hex(8)
        self._clones = 0
        self._spare: list[Database] = []
        asyncio.run(
            _execute(
                admin_url,
                *(f"CREATE ROLE {role} LOGIN PASSWORD '{self._password}'" for role in (self.owner, self.app, self.api)),
                f"CREATE DATABASE {self.name} OWNER {self.owner}",
            )
        )
        owner_url = url_of(admin_url, self.name, self.owner, self._password)
        migrate(owner_url=owner_url, app_role=self.app, api_role=self.api)
        self._state, self._filled = asyncio.run(self._as_migrated())

    def database(self, name: str) -> Database:
        return Database(
            name=name,
            url=url_of(self._admin_url, name, self.app, self._password),
            api_url=url_of(self._admin_url, name, self.api, self._password),
            owner_url=url_of(self._admin_url, name, self.owner, self._password),
            admin_url=url_of(self._admin_url, name),
        )

    async def create(self) -> Database:
        if self._spare:
            return self._spare.pop()
        self._clones += 1
        name = f"{self.name}_{self._clones}"
        clone = f"CREATE DATABASE {name} TEMPLATE {self.name} OWNER {self.owner} STRATEGY file_copy"
        # What a revision says of its database, a clone does not take along.
        rights = f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC", f"GRANT CONNECT ON DATABASE {name} TO {self.api}"
        await _execute(self._admin_url, clone, *rights)
        return self.database(name)

    async def drop(self, database: Database) -> None:
        if await self._emptied(database):
            self._spare.append(database)
        else:
            await _execute(self._admin_url, f"DROP DATABASE {database.name} WITH (FORCE)")

    async def _as_migrated(self) -> tuple[str, dict[str, list[asyncpg.Record]]]:
        """Return the state, and the rows of the tables that migrations fill."""
        connection = await asyncpg.connect(self.database(self.name).admin_url)
        try:
            tables = [table["relname"] for table in await connection.fetch(_TABLES)]
            filled = {table: rows for table in tables if (rows := await connection.fetch(f"TABLE {table}"))}
            return await connection.fetchval(_STATE), filled
        finally:
            await connection.close()

    async def _emptied(self, database: Database) -> bool:
        """Make the database what it was after the migration; false where that takes more than to empty its tables."""
        try:
            # Rows that nobody may change go by the way of a replica, for which no trigger speaks.
            settings = {"session_replication_role": "replica"}
            connection = await asyncpg.connect(database.admin_url, server_settings=settings)
        except asyncpg.PostgresError:
            return False
        try:
            await connection.execute(_END_OTHERS)
            if await connection.fetchval(_STATE) != self._state:
                return False
            tables = await connection.fetch(_TABLES)
            if any(table["shows"] for table in tables):
                await connection.execute(f"TRUNCATE {', '.join(table['relname'] for table in tables)}")
            else:  # a fiftieth of the work: no table and no index gets a new file
                filled = [f"DELETE FROM {table['relname']}" for table in tables if table["was_filled"]]
                await connection.execute("; ".join(filled))
            await connection.execute(_RESTART_SEQUENCES)
            for table, rows in self._filled.items():
                await connection.copy_records_to_table(table, records=rows)
            await connection.execute("SELECT pg_stat_reset()")
            return True
        finally:
            await connection.close()

    def close(self) -> None:
        asyncio.run(
            _execute(
                self._admin_url,
                *(f"DROP DATABASE {database.name} WITH (FORCE)" for database in self._spare),
                f"DROP DATABASE {self.name} WITH (FORCE)",
                f"DROP ROLE {self.app}, {self.api}, {self.owner}",
            )
        )
