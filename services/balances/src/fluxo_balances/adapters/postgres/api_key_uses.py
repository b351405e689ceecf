from collections.abc import Sequence

import asyncpg
from fluxo_chassis.postgres import is_unavailable

from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.ports import ApiKeyUse


class PostgresApiKeyUses:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, merchant_id: str) -> Sequence[ApiKeyUse]:
        try:
            return [ApiKeyUse(**row) for row in await self._pool.fetch(read_sql.API_KEY_USES, merchant_id)]
        except Exception as error:
            if is_unavailable(error):
                raise ReadModelUnavailableError from error
            raise
