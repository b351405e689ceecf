from collections.abc import Collection, Mapping
from typing import Final

import asyncpg
import orjson
import structlog

from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.ports import Position

UNHEARD_OF: Final = Position("none", None)

log = structlog.get_logger(__name__)


class PostgresMerchantPositions:
    """Reads where merchants stand from their rows: nothing is written for it, and nothing of it kept in a process."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def positions(self, merchant_ids: Collection[str]) -> Mapping[str, Position]:
        try:
            rows = await self._pool.fetch(read_sql.POSITIONS, ",".join(merchant_ids))
        except Exception as error:
            # Whatever it was, it is asked again in a moment.
            log.warning("changes cannot be looked up", reason=type(error).__name__)
            raise ReadModelUnavailableError from error
        found = {row["merchant_id"]: _position(row) for row in rows}
        return {merchant_id: found.get(merchant_id, UNHEARD_OF) for merchant_id in merchant_ids}


def merchants_of(payload: str) -> set[str] | None:
    """Return whose entries a notification tells of; None where it may be anybody's."""
    return {merchant_id for _, merchant_id in orjson.loads(payload)} if payload else None


def _position(row: asyncpg.Record) -> Position:
    # With the instant: transaction ids alone come again, after four billions or in a restored database.
    as_of = row["as_of"]
    return Position(f"{as_of:%Y%m%dT%H%M%S.%f}-{row['written_by']}", as_of)
