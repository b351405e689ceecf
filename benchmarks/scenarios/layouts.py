"""Whether partitions by month, or rows in another order, would make a day of a merchant with a long history faster."""
# ruff: noqa: S608 - put together from constants of this file only

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median, quantiles
from typing import Final

import asyncpg
from fluxo_balances.adapters.postgres.read_sql import DAYS
from fluxo_chassis.postgres import connect, session_settings

from benchmarks.bound_database import database_beside
from benchmarks.scenario import Bench, Figures, Round, Scenario, on_one_system
from benchmarks.seeding import DAYS_A_YEAR
from benchmarks.sql import ask, run_script
from benchmarks.system import System
from benchmarks.wrk import business_today

MERCHANTS: Final = 2_000
YEARS: Final = 5
READS: Final = 3_000
_NAME: Final = "fluxo_balances_layouts"
_LAYOUTS: Final = ("as_they_come", "by_month", "by_merchant")

# Each layout is a schema with tables as the service's.
_TABLES: Final = """
CREATE SCHEMA {layout};
CREATE TABLE {layout}.day_totals (LIKE public.day_totals INCLUDING ALL) {day_totals};
CREATE TABLE {layout}.month_totals (LIKE public.month_totals INCLUDING ALL) WITH (fillfactor = 80);
"""
_AS_THEY_COME: Final = f"""{_TABLES.format(layout="as_they_come", day_totals="WITH (fillfactor = 80)")}
INSERT INTO as_they_come.day_totals (merchant_id, business_date, credits_minor, debits_minor, entry_count)
SELECT 'merchant-' || merchant, day, 12345, 2345, 6
FROM generate_series($1::date, $2::date, '1 day') AS day, generate_series(1, $3::integer) AS merchant;
INSERT INTO as_they_come.month_totals (merchant_id, month, credits_minor, debits_minor, entry_count)
SELECT merchant_id, date_trunc('month', business_date)::date AS month, sum(credits_minor), sum(debits_minor),
    sum(entry_count)
FROM as_they_come.day_totals GROUP BY 1, 2 ORDER BY 2, md5(merchant_id)
"""
_COPIED: Final = """
INSERT INTO {layout}.day_totals SELECT * FROM as_they_come.day_totals ORDER BY business_date, md5(merchant_id);
INSERT INTO {layout}.month_totals SELECT * FROM as_they_come.month_totals ORDER BY month, md5(merchant_id);
"""
_BY_MONTH: Final = f"""{_TABLES.format(layout="by_month", day_totals="PARTITION BY RANGE (business_date)")}
DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', business_date) FROM as_they_come.day_totals LOOP
        EXECUTE format(
            'CREATE TABLE by_month.%I PARTITION OF by_month.day_totals FOR VALUES FROM (%L) TO (%L) '
            'WITH (fillfactor = 80)', 'days_' || month, month, month + interval '1 month');
    END LOOP;
END
$$;
{_COPIED.format(layout="by_month")}
"""
_BY_MERCHANT: Final = f"""{_TABLES.format(layout="by_merchant", day_totals="WITH (fillfactor = 80)")}
{_COPIED.format(layout="by_merchant")}
CLUSTER by_merchant.day_totals USING day_totals_pkey;
CLUSTER by_merchant.month_totals USING month_totals_pkey
"""


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    url = database_beside(system, "balances", _NAME)
    last = business_today()
    first = last - timedelta(days=YEARS * DAYS_A_YEAR - 1)
    given = _AS_THEY_COME.replace("$1", f"'{first}'").replace("$2", f"'{last}'").replace("$3", str(MERCHANTS))
    for layout, script in zip(_LAYOUTS, (given, _BY_MONTH, _BY_MERCHANT), strict=True):
        bench.say(f"totals {layout.replace('_', ' ')}")
        run_script(url, script)
    ask(url, "VACUUM ANALYZE")
    for number in bench.rounds():
        found = {}
        for layout in _LAYOUTS if number % 2 == 0 else reversed(_LAYOUTS):
            bench.say(f"days of totals {layout.replace('_', ' ')}")
            found[layout] = asyncio.run(_read(url, layout, random.Random(number)))
        figures = {}
        for layout in _LAYOUTS:
            figures[f"{layout}_p50_ms"] = median(found[layout])
            figures[f"{layout}_p99_ms"] = quantiles(found[layout], n=100)[98]
            if layout != _LAYOUTS[0]:
                figures[f"ratio_of_{layout}"] = median(found[layout]) / median(found[_LAYOUTS[0]])
        yield Round(figures)


def _reading(figures: Figures) -> str:
    return (
        f"In partitions a day takes {figures['ratio_of_by_month']:.2f} times as long as in one table: its pages are as "
        "many, and one partition has to be found among sixty. In the order of merchants it takes "
        f"{figures['ratio_of_by_merchant']:.2f} times as long."
    )


async def _read(url: str, layout: str, any_of: random.Random) -> list[float]:
    """Return what each of many days took, in milliseconds, of any merchant and day."""
    connection: asyncpg.Connection = await connect(url, session_settings(1.0), application_name=_NAME, timeout=5)
    try:
        await connection.execute(f"SET search_path = {layout}, public")
        statement = await connection.prepare(DAYS)
        took_ms = []
        for _ in range(READS):
            merchant = f"merchant-{any_of.randint(1, MERCHANTS)}"
            day = business_today() - timedelta(days=any_of.randrange(YEARS * DAYS_A_YEAR))
            began = time.perf_counter()
            await statement.fetch(merchant, [day], [day.replace(day=1)])
            took_ms.append((time.perf_counter() - began) * 1_000)
        return took_ms
    finally:
        await connection.close()


SCENARIO = Scenario(
    name="layouts",
    title="Where a merchant's totals lie, and what partitions by month would change",
    method=(
        f"Totals of {MERCHANTS:,} merchants for each day of {YEARS} years, which is more than PostgreSQL keeps in its "
        "own memory, three times in a database of the service's schema: written in the order of their days as they "
        "come, so that a merchant's lie on a page for each day; the same in partitions by month; and in the order of "
        "merchants, after CLUSTER. In turn, one connection reads the same days of the same merchants by the statement "
        "that the API prepares, as the tables' owner, the answer included and HTTP not."
    ),
    measure=measure,
    reading=_reading,
    is_quick=False,
    is_usual=False,
)
