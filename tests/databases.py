"""Databases for tests: an empty one, or a service's own, migrated once and cloned as often as wanted."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg


@dataclass(frozen=True)
class Database:
    name: str
    url: str
    """As the application's role, which may do only what it must."""
    owner_url: str
    admin_url: str


def _url(admin_url: str, database: str, user: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(admin_url)
    credentials = parts.netloc.rpartition("@")[0] if user is None else f"{user}:{password}"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{credentials}@{host}", f"/{database}", "", ""))


@asynccontextmanager
async def empty_database(admin_url: str, prefix: str) -> AsyncIterator[tuple[str, str]]:
    """Create a database and a role for the application; yields the URL of the one, as admin, and the other's name."""
    name = f"{prefix}_{secrets.token_hex(4)}"
    app_role = f"{name}_app"
    await _execute(admin_url, f"CREATE DATABASE {name}", f"CREATE ROLE {app_role}")
    try:
        yield _url(admin_url, name), app_role
    finally:
        await _execute(admin_url, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {app_role}")


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


class DatabaseTemplate:
    """Migrates a service's database once, and clones it for each test that asks for a fresh one."""

    def __init__(self, admin_url: str, service: str, migrate: Callable[..., None]) -> None:
        self._admin_url = admin_url
        self._name = f"{service}_{os.getpid()}_{secrets.token_hex(3)}"
        self.owner, self.app, self._password = f"{self._name}_owner", f"{self._name}_app", secrets.token_hex(8)
        self._clones = 0
        asyncio.run(
            _execute(
                admin_url,
                f"CREATE ROLE {self.owner} LOGIN PASSWORD '{self._password}'",
                f"CREATE ROLE {self.app} LOGIN PASSWORD '{self._password}'",
                f"CREATE DATABASE {self._name} OWNER {self.owner}",
            )
        )
        migrate(owner_url=_url(admin_url, self._name, self.owner, self._password), app_role=self.app)

    def database(self, name: str) -> Database:
        return Database(
            name=name,
            url=_url(self._admin_url, name, self.app, self._password),
            owner_url=_url(self._admin_url, name, self.owner, self._password),
            admin_url=_url(self._admin_url, name),
        )

    async def create(self) -> Database:
        self._clones += 1
        name = f"{self._name}_{self._clones}"
        await _execute(self._admin_url, f"CREATE DATABASE {name} TEMPLATE {self._name} OWNER {self.owner}")
        return self.database(name)

    async def drop(self, database: Database) -> None:
        await _execute(self._admin_url, f"DROP DATABASE {database.name} WITH (FORCE)")

    def close(self) -> None:
        asyncio.run(
            _execute(
                self._admin_url,
                f"DROP DATABASE {self._name} WITH (FORCE)",
                f"DROP ROLE {self.app}",
                f"DROP ROLE {self.owner}",
            )
        )
