import asyncio
import math
from typing import Final
from uuid import UUID

import structlog

from fluxo_chassis.auth.api_keys import ApiKey
from fluxo_chassis.postgres.pool import Pool
from fluxo_chassis.resilience import Bulkhead

log = structlog.get_logger(__name__)

RUNNING_MAX: Final = 2
WAITING_MAX: Final = 200
WAIT_MAX_S: Final = 0.5


# Functions of each service's schema, which run as its owner: whose key it is tells who asks, so that no tenant can be
# named before.
FIND: Final = "SELECT tenant, hash, scopes, expires_at FROM find_api_key($1)"
NOTE_USE: Final = "SELECT note_api_key_use($1)"


class PostgresApiKeys:
    """The API keys in a service's database.

    Anybody can make up keys that are looked up in vain: two at a time are, and those who show a token never wait for
    them.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._bulkhead = Bulkhead("api-keys", running_max=RUNNING_MAX, waiting_max=WAITING_MAX, wait_max_s=WAIT_MAX_S)
        self._noting: set[asyncio.Task[None]] = set()

    async def find(self, key_id: UUID) -> ApiKey | None:
        async with self._bulkhead.slot(""):
            row = await self._pool.fetchrow(FIND, key_id)
        if row is None:
            return None
        expires_at = math.inf if row["expires_at"] is None else row["expires_at"].timestamp()
        return ApiKey(row["tenant"], row["hash"], frozenset(row["scopes"]), expires_at)

    def note_use(self, key_id: UUID) -> None:
        noting = asyncio.create_task(self._note(key_id))
        self._noting.add(noting)  # the loop alone would let it be collected
        noting.add_done_callback(self._noting.discard)

    async def _note(self, key_id: UUID) -> None:
        try:
            async with self._bulkhead.slot(""):
                await self._pool.execute(NOTE_USE, key_id)
        except Exception as error:  # noqa: BLE001 - the next use is noted
            log.warning("the use of an API key could not be noted", reason=type(error).__name__)
