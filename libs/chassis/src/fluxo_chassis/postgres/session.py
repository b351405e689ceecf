"""What holds for a session, said in a statement: a pooler such as PgBouncer refuses most parameters of a start-up."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

ENDS_WHEN_CLIENT_IS_SILENT: Final = {
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
}
"""A host that vanishes says nothing to the server, which would keep its sessions, with their locks, for two hours (a
quarter of one, when it has something to tell them). A process that is only paused answers: its kernel does."""


async def connect(
    url: str, settings: Mapping[str, str], *, application_name: str | None = None, **how: Any
) -> asyncpg.Connection:
    """Return a connection for whose session these settings of our own hold; `how` is asyncpg's."""
    named = None if application_name is None else {"application_name": application_name}
    connection = await asyncpg.connect(url, server_settings=named, **how)
    try:
        await connection.execute("".join(f"SET {name} = '{value}';" for name, value in settings.items()))
    except BaseException:
        connection.terminate()
        raise
    return connection
