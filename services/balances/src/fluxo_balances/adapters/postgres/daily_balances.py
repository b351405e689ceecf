import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

import asyncpg
from fluxo_chassis.postgres import is_unavailable

from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.carry import CARRY_MINOR
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.ports import CategoriesView, DayView, RangeView
from fluxo_balances.domain.category_totals import CategoryTotals
from fluxo_balances.domain.daily_balance import NO_TOTALS, DateRange, MerchantState, Totals, TotalsByDay

DEFAULT_CURRENCY: Final = "BRL"

DAY_STATEMENTS_MAX: Final = 2
"""At once. Whoever asks for a day meanwhile shares the next one."""


class _AskedDay(NamedTuple):
    merchant_id: str
    day: date
    row: asyncio.Future[asyncpg.Record]


class PostgresDailyBalances:
    """Reads the read model; a merchant nobody heard of has zeros in the default currency.

    Days that are asked for in one turn of the loop share a statement; so do those that are asked for while
    DAY_STATEMENTS_MAX are under way.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._asked: list[_AskedDay] = []
        self._reading = set[asyncio.Task[None]]()

    async def day(self, merchant_id: str, day: date) -> DayView:
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._begin_to_read)
        asked = _AskedDay(merchant_id, day, loop.create_future())
        self._asked.append(asked)
        row = await asked.row
        return DayView(_merchant_state(row), int(row["opening_minor"]), _totals(row))

    async def range(self, merchant_id: str, days: DateRange) -> RangeView:
        first, last = days.first, days.last
        row = await self._row(read_sql.RANGE, merchant_id, first, first.replace(day=1), last)
        return RangeView(_merchant_state(row), int(row["opening_minor"]), _totals_by_day(row))

    async def categories(self, merchant_id: str, days: DateRange) -> CategoriesView:
        rows = await self._rows(read_sql.CATEGORIES, merchant_id, days.first, days.last)
        return CategoriesView(
            _merchant_state(rows[0]),
            _sums(rows[0], "all_"),
            [_category_totals(row) for row in rows if row["month"] is not None],
        )

    def _begin_to_read(self) -> None:
        if not self._asked or len(self._reading) >= DAY_STATEMENTS_MAX:
            return
        asked, self._asked = self._asked, []
        reading = asyncio.create_task(self._read_days(asked))
        self._reading.add(reading)  # the loop alone would let it be collected
        reading.add_done_callback(self._has_read)

    def _has_read(self, reading: asyncio.Task[None]) -> None:
        self._reading.discard(reading)
        self._begin_to_read()

    async def _read_days(self, asked: Sequence[_AskedDay]) -> None:
        days = [each.day for each in asked]
        whose, months = ",".join(each.merchant_id for each in asked), [day.replace(day=1) for day in days]
        try:
            rows = await self._rows(read_sql.DAYS, whose, days, months)
        except BaseException as error:  # noqa: BLE001 - whoever asked is told
            for each in asked:
                if not each.row.done():
                    each.row.set_exception(error)
            return
        for row in rows:
            if not (found := asked[row["place"]].row).done():  # whoever asked may have gone
                found.set_result(row)

    async def _row(self, statement: str, *arguments: object) -> asyncpg.Record:
        (row,) = await self._rows(statement, *arguments)
        return row

    async def _rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        try:
            rows: list[asyncpg.Record] = await self._pool.fetch(statement, *arguments)
        except Exception as error:
            if is_unavailable(error):
                raise ReadModelUnavailableError from error
            raise
        return rows


def _merchant_state(row: asyncpg.Record) -> MerchantState:
    return MerchantState(row["currency"] or DEFAULT_CURRENCY, row["as_of"])


def _totals(row: asyncpg.Record) -> Totals:
    if row["entry_count"] is None:
        return NO_TOTALS
    return Totals(
        row["credits_minor"] + row["credits_carry"] * CARRY_MINOR,
        row["debits_minor"] + row["debits_carry"] * CARRY_MINOR,
        row["entry_count"],
    )


def _category_totals(row: asyncpg.Record) -> CategoryTotals:
    # The driver writes and reads the last day there is as infinity, whose month is no first day.
    return CategoryTotals(row["month"].replace(day=1), row["name"], _sums(row))


def _sums(row: asyncpg.Record, of: str = "") -> Totals:
    figures = (row[f"{of}credits_minor"], row[f"{of}debits_minor"], row[f"{of}entry_count"])
    return Totals(*(int(figure or 0) for figure in figures))


def _totals_by_day(row: asyncpg.Record) -> TotalsByDay:
    if row["dates"] is None:
        return TotalsByDay()
    dates, credits_minor, debits_minor = row["dates"], row["credits_minor"], row["debits_minor"]
    if row["carried"]:
        place = {day: at for at, day in enumerate(dates)}
        for day, credits_carry, debits_carry in row["carried"]:
            credits_minor[place[day]] += credits_carry * CARRY_MINOR
            debits_minor[place[day]] += debits_carry * CARRY_MINOR
    return TotalsByDay(dates, credits_minor, debits_minor, row["entry_counts"])
