import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from functools import partial
from typing import Any, Final, TypeVar

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS

from fluxo_entries.adapters.postgres import day_close_sql as sql
from fluxo_entries.adapters.postgres.sql import within
from fluxo_entries.domain.day_close import DayClose, first_open_day
from fluxo_entries.domain.errors import (
    CloseHeldUpError,
    DayClosedError,
    DayNotClosedError,
    NotConsolidatedError,
)
from fluxo_entries.domain.merchant import DEFAULT_CURRENCY, DEFAULT_TIME_ZONE

CLOSE_WITHIN_S: Final = 11.0
"""A second less than the API allows: to put the guard back."""

ACKNOWLEDGED_WITHIN_S: Final = 5.5
"""The relay notes every 5 s what is acknowledged."""

ASK_EVERY_S: Final = 0.25
WRITERS_WITHIN_S: Final = 8.0
"""Single entries take milliseconds, and a bulk of ten thousand a second, or on a busy machine several."""

LOOK_EVERY_S: Final = 0.01
ADD_UP_WITHIN_S: Final = 4.0
"""Some million entries: of a merchant that closes its first day after years."""

_T = TypeVar("_T")
_COLUMNS: Final = tuple(DayClose.__dataclass_fields__)


class PostgresDayCloses:
    """Closes days while entries are recorded (ADR 0044).

    Waits until all is acknowledged; then sets the guard, waits for who may not have seen it, and adds up. A
    merchant's closes and reopenings come one after the other.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def close(self, merchant_id: str, day: date, by: str) -> tuple[DayClose, bool]:
        deadline = _now() + CLOSE_WITHIN_S
        try:
            # Nobody is refused, and no connection held, for what may take seconds.
            await _until(_now() + ACKNOWLEDGED_WITHIN_S, partial(self._need_not_wait, merchant_id, day))
            return await self._close(merchant_id, day, by, deadline)
        except asyncpg.QueryCanceledError as error:
            raise CloseHeldUpError from error

    async def _need_not_wait(self, merchant_id: str, day: date) -> bool:
        async with self._pool.acquire() as connection:
            row = await self._long(connection, ADD_UP_WITHIN_S, sql.NEED_NOT_WAIT, merchant_id, day)
        return row is not None and row[0]

    async def _close(self, merchant_id: str, day: date, by: str, deadline: float) -> tuple[DayClose, bool]:
        async with self._locked(merchant_id) as connection:
            state = await connection.fetchrow(sql.STATE, merchant_id)
            number, closed_through, closing_number, balance = state or (0, None, None, None)
            if closed_through is not None and closed_through >= day:
                if closed_through > day:
                    raise DayClosedError(first_open_day(closed_through))
                return _day_close(await connection.fetchrow(sql.ROW, merchant_id, closing_number)), False
            try:
                await self._guard(connection, merchant_id, day)
                await self._wait_for_writers(connection, deadline)
                given = (merchant_id, number + 1, day, by, closed_through, balance or 0)
                # What was committed just before the guard is still to be acknowledged; nothing more comes.
                row = await _until(deadline, partial(self._add_up, connection, deadline, *given))
            except BaseException:
                # Closed is what the trail says, which may have the line all the same: a commit's answer can be lost.
                # Where this fails too, the next close does it.
                with suppress(Exception):
                    state = await connection.fetchrow(sql.STATE, merchant_id)
                    await self._guard(connection, merchant_id, state and state["closed_through"])
                raise
            return _day_close(row), True

    async def reopen(self, merchant_id: str, day: date, reason: str, by: str) -> DayClose:
        async with self._locked(merchant_id) as connection, connection.transaction():
            await connection.execute(NAME_TENANTS, merchant_id)
            state = await connection.fetchrow(sql.STATE, merchant_id)
            if state is None or state["closed_through"] != day:
                raise DayNotClosedError
            row = await connection.fetchrow(sql.REOPEN, merchant_id, state["latest"] + 1, state["number"], by, reason)
            await self._guard(connection, merchant_id, row["closed_through"])
            return _day_close(row)

    async def trail(self, merchant_id: str, limit: int) -> Sequence[DayClose]:
        return [_day_close(row) for row in await self._pool.fetch(sql.TRAIL, merchant_id, limit)]

    @asynccontextmanager
    async def _locked(self, merchant_id: str) -> AsyncIterator[asyncpg.Connection]:
        # A lock of the session: the guard is committed while it is held.
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(sql.TRY_LOCK, merchant_id):
                raise CloseHeldUpError
            try:
                yield connection
            finally:
                if not connection.is_closed():
                    await connection.execute(sql.UNLOCK, merchant_id)

    async def _guard(self, connection: asyncpg.Connection, merchant_id: str, closed_through: date | None) -> None:
        await connection.execute(sql.GUARD, merchant_id, closed_through, DEFAULT_CURRENCY, DEFAULT_TIME_ZONE)

    async def _wait_for_writers(self, connection: asyncpg.Connection, deadline: float) -> None:
        """Return when all have ended that may have looked at the guard before it was set."""
        writers = None
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(_now() + WRITERS_WITHIN_S, deadline)):
                while rows := await connection.fetch(sql.WRITERS, writers):
                    writers = [row["virtualtransaction"] for row in rows]
                    await asyncio.sleep(LOOK_EVERY_S)
                return
        raise CloseHeldUpError

    async def _add_up(self, connection: asyncpg.Connection, deadline: float, *given: Any) -> asyncpg.Record | None:
        within_s = min(ADD_UP_WITHIN_S, max(deadline - _now(), ASK_EVERY_S))
        return await self._long(connection, within_s, sql.CLOSE, *given)

    async def _long(
        self, connection: asyncpg.Connection, within_s: float, statement: str, *given: Any
    ) -> asyncpg.Record | None:
        async with connection.transaction():
            await connection.execute(within(int(within_s * 1000)))
            return await connection.fetchrow(statement, *given, timeout=within_s + 1)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _until(deadline: float, ask: Callable[[], Awaitable[_T | None]]) -> _T:
    """Return what is answered, once it is something.

    Raises:
        NotConsolidatedError: it was not before the deadline.
    """
    while not (answer := await ask()):
        if _now() + ASK_EVERY_S > deadline:
            raise NotConsolidatedError
        await asyncio.sleep(ASK_EVERY_S)
    return answer


def _day_close(row: asyncpg.Record) -> DayClose:
    values = {column: row[column] for column in _COLUMNS}
    return DayClose(**values | {"closing_balance_minor": int(row["closing_balance_minor"])})
