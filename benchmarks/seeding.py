"""History that was there before the measurement: the same entries and totals in both databases, written by SQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Final

import asyncpg

from benchmarks.sql import with_database
from benchmarks.system import System
from benchmarks.wrk import business_today

_ROWS_AT_A_TIME: Final = 250_000
DAYS_A_YEAR: Final = 365

# Every day from $2 to $3 has $4 entries of each merchant in $1. Every fourth is a debit; amounts vary.
_ENTRIES: Final = """
SELECT merchant_id, day::date AS business_date, number,
    CASE WHEN number % 4 = 3 THEN 'debit' ELSE 'credit' END AS direction,
    100 + (number * 37 + extract(doy FROM day)::integer) % 9000 AS amount_minor
FROM unnest($1::text[]) AS merchant_id,
    generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') AS day,
    generate_series(0, $4::integer - 1) AS number
"""

# Recorded at noon of their day, some ms apart; ids begin with that instant, as the service's own do.
_RECORD: Final = f"""
INSERT INTO entries (id, merchant_id, direction, amount_minor, currency, business_date, description, category, reverses,
    recorded_at)
SELECT uuidv7(recorded_at - now()), merchant_id, direction, amount_minor, 'BRL', business_date, 'Venda de teste',
    'bench', NULL, recorded_at
FROM (
    SELECT *, business_date + interval '12 hours' + number * interval '2 ms' AS recorded_at FROM ({_ENTRIES}) AS given
) AS dated
"""  # noqa: S608 - put together from constants

_MEET: Final = """
INSERT INTO merchants (merchant_id, name, currency, time_zone)
SELECT merchant_id, merchant_id, 'BRL', 'America/Sao_Paulo' FROM unnest($1::text[]) AS merchant_id
ON CONFLICT DO NOTHING
"""

_TOTAL_DAYS: Final = f"""
INSERT INTO day_totals (merchant_id, business_date, credits_minor, debits_minor, entry_count)
SELECT merchant_id, business_date, coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0),
    coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0), count(*)
FROM ({_ENTRIES}) AS given
GROUP BY merchant_id, business_date ORDER BY merchant_id, business_date
"""  # noqa: S608 - put together from constants

_TOTAL_MONTHS: Final = """
INSERT INTO month_totals (merchant_id, month, credits_minor, debits_minor, entry_count)
SELECT merchant_id, date_trunc('month', business_date::timestamp)::date AS month, sum(credits_minor), sum(debits_minor),
    sum(entry_count)
FROM day_totals WHERE merchant_id = ANY($1) GROUP BY merchant_id, month ORDER BY merchant_id, month
"""

_TOTAL_CATEGORIES: Final = """
INSERT INTO category_totals (merchant_id, business_date, category, credits_minor, debits_minor, entry_count)
SELECT merchant_id, business_date, 'bench', credits_minor, debits_minor, entry_count
FROM day_totals WHERE merchant_id = ANY($1) ORDER BY merchant_id, business_date
"""

_NAME_CATEGORIES: Final = """
INSERT INTO category_names (merchant_id, category, name, recorded_at)
SELECT merchant_id, 'bench', 'bench', $2::date FROM unnest($1::text[]) AS merchant_id
"""

_STAND: Final = """
INSERT INTO merchants (merchant_id, currency, as_of)
SELECT merchant_id, 'BRL', $2::date + interval '13 hours' FROM unnest($1::text[]) AS merchant_id
"""


def seed_history(
    system: System,
    merchants: Sequence[str],
    *,
    years: int,
    entries_a_day: int,
    report: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Give each new merchant so many years of 365 days up to yesterday; `report` is told entries done and their number.

    Nothing goes through outbox and stream: both services find what they would hold if it had, long ago. The inbox is
    left empty, as it is purged by age.
    """
    last = business_today()
    first = last - timedelta(days=years * DAYS_A_YEAR - 1)
    asyncio.run(_seed(system, list(merchants), first, last, entries_a_day, report))


async def _seed(
    system: System,
    merchants: list[str],
    first: date,
    last: date,
    entries_a_day: int,
    report: Callable[[int, int], None],
) -> None:
    async with databases(system) as (entries, balances):
        await meet(entries, merchants)
        days = (last - first).days + 1
        days_at_a_time = max(_ROWS_AT_A_TIME // (len(merchants) * entries_a_day), 1)
        for offset in range(0, days, days_at_a_time):
            begin = first + timedelta(days=offset)
            end = min(begin + timedelta(days=days_at_a_time - 1), last)
            await asyncio.gather(
                entries.execute(_RECORD, merchants, begin, end, entries_a_day),
                balances.execute(_TOTAL_DAYS, merchants, begin, end, entries_a_day),
            )
            report(
                min(offset + days_at_a_time, days) * len(merchants) * entries_a_day,
                days * len(merchants) * entries_a_day,
            )
        await add_up(entries, balances, merchants, last)


@asynccontextmanager
async def databases(system: System) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """Connect to both, the entries and the balances."""
    entries = await asyncpg.connect(with_database(system.admin_url, "fluxo_entries"))
    balances = await asyncpg.connect(with_database(system.admin_url, "fluxo_balances"))
    try:
        # Consistent by construction; checking each row's foreign key again would take longer than writing it.
        await entries.execute("SET session_replication_role = replica")
        # Each page that is touched first goes into the log, and compressing these would be a quarter of the work.
        await entries.execute("SET wal_compression = off")
        yield entries, balances
    finally:
        await entries.close()
        await balances.close()


async def meet(entries: asyncpg.Connection, merchants: Sequence[str]) -> None:
    """Let there be these merchants, whose entries come next, and are not sealed: that would go on for hours."""
    await entries.execute(_MEET, merchants)
    await entries.execute("UPDATE sealing SET scanned = NULL")


async def add_up(
    entries: asyncpg.Connection, balances: asyncpg.Connection, merchants: Sequence[str], last: date
) -> None:
    """Make everything else of the days' totals, once they are there, and let the planner know both databases."""
    await balances.execute(_TOTAL_MONTHS, merchants)
    await balances.execute(_TOTAL_CATEGORIES, merchants)
    await balances.execute(_NAME_CATEGORIES, merchants, last)
    await balances.execute(_STAND, merchants, last)
    for connection in (entries, balances):
        await connection.execute("VACUUM (ANALYZE)")
