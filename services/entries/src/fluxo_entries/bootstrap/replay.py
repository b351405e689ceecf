import sys
from typing import Final
from uuid import UUID

import asyncpg

from fluxo_entries.adapters.postgres.entry_replay import PostgresEntryReplay
from fluxo_entries.application.totals.replay_entries import ReplayEntries
from fluxo_entries.entrypoints.replay import write_replay
from fluxo_entries.settings import ReplaySettings

CLOSE_TIMEOUT_S: Final = 2.0


async def print_replay(settings: ReplaySettings, mark: UUID) -> None:
    """Print all entries, as long as it takes."""
    server_settings = {"application_name": settings.instance, "timezone": "UTC", "datestyle": "ISO"}
    connection = await asyncpg.connect(settings.entries_database_url, server_settings=server_settings)
    try:
        await write_replay(ReplayEntries(PostgresEntryReplay(connection)), mark, sys.stdout.buffer)
    finally:
        await connection.close(timeout=CLOSE_TIMEOUT_S)
