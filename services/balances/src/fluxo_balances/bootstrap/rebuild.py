"""The rebuilding process."""

import sys
from contextlib import AsyncExitStack
from typing import Final

from fluxo_chassis.postgres import connect
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import RedisClient

from fluxo_balances.adapters.postgres.shadow_tables import PostgresShadowTables
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.application.rebuilding.rebuild_projection import RebuildProjection
from fluxo_balances.entrypoints.rebuild import PipedReplay, observer, write_line
from fluxo_balances.settings import RebuildSettings

CACHE_TIMEOUT_S: Final = 2.0
CLOSE_TIMEOUT_S: Final = 2.0
# The form in which a replay's dates and instants come.
SETTINGS: Final = {"timezone": "UTC", "datestyle": "ISO", "jit": "off"}


async def rebuild_from_stdin(settings: RebuildSettings) -> None:
    """Rebuild the projection from the replay on standard input; progress goes to standard output."""
    owner_url = settings.balances_migration_database_url or settings.balances_database_url
    async with AsyncExitStack() as opened:
        connection = await connect(owner_url, SETTINGS, application_name="balances-rebuild")
        opened.push_async_callback(connection.close, timeout=CLOSE_TIMEOUT_S)
        cache = await opened.enter_async_context(RedisClient(settings.cache_url, timeout_s=CACHE_TIMEOUT_S))
        rebuild = RebuildProjection(
            PostgresShadowTables(connection), RedisCachedAnswers(cache), SystemClock(), observer(sys.stdout.buffer)
        )
        entries = await rebuild(await PipedReplay.over(sys.stdin.buffer))
        write_line(sys.stdout.buffer, rebuilt=entries)
