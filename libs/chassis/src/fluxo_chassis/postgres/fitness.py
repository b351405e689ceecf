"""Whether what a URL leads to keeps a session for each client."""

from contextlib import suppress
from typing import Any, Final

import asyncpg

from fluxo_chassis.postgres.pool import CONNECT_TIMEOUT_S
from fluxo_chassis.settings import refuse

TRIES: Final = 3
"""Others may have taken the server's session in between."""

POOLED: Final = "a pooler that gives each transaction another session (pool_mode: it must be session)"


async def refuse_transaction_pooling(url: str, variable: str) -> None:
    """End the process with exit code 2 and a sentence where sessions are shared by clients.

    Locks, notifications and time-outs of a session would be somebody else's. A server that can't be asked yet is waited
    for: it may be away, or have no such database before the first migration.
    """
    is_shared = False
    with suppress(Exception):
        is_shared = await shares_sessions(url)
    if is_shared:
        refuse(f"{variable} leads to {POOLED}.")


async def shares_sessions(url: str) -> bool:
    """Whether two connections that are open at once are one session for the server.

    Who speaks to the server itself is told the session's number when it begins, and asked no more.
    """
    first = await _connect(url)
    try:
        session = await _session(first)
        if session is None or session == first.get_server_pid():
            return session is None
        second = await _connect(url)
        try:
            for _ in range(TRIES):
                if await _session(second) == session:
                    return True
                session = await _session(first)
        finally:
            await _close(second)
    finally:
        await _close(first)
    return False


async def _session(connection: asyncpg.Connection) -> int | None:
    """The number of the server's session; None where the pooler lets through no transaction."""
    # In a transaction: what is asked in several messages goes to one session then.
    try:
        async with connection.transaction():
            return int(await connection.fetchval("SELECT pg_backend_pid()"))
    except asyncpg.ConnectionDoesNotExistError as error:
        if "statement pooling" not in str(error):
            raise
        return None


async def _connect(url: str) -> Any:
    return await asyncpg.connect(
        url, timeout=CONNECT_TIMEOUT_S, command_timeout=CONNECT_TIMEOUT_S, statement_cache_size=0
    )


async def _close(connection: asyncpg.Connection) -> None:
    with suppress(Exception):
        await connection.close(timeout=CONNECT_TIMEOUT_S)
