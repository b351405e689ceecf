import asyncio
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ENTRY_COLUMNS: Final = [
    "id",
    "merchant_id",
    "direction",
    "amount_minor",
    "currency",
    "business_date",
    "description",
    "category",
    "reverses",
    "recorded_at",
]
"""As COPY is told them."""


def ask(url: str, *statements: str, arguments: tuple[object, ...] = ()) -> Any:
    """Run the statements over one connection, each by itself; returns the first value that the last one gives."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement, *arguments) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def run_script(url: str, script: str) -> None:
    """Run statements as one transaction, however many there are in the text."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(script)
        finally:
            await connection.close()

    asyncio.run(run())


def with_database(url: str, database: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
