"""Very much history, loaded into both databases by COPY over several connections, and what it takes of the disk."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.machine import cores
from benchmarks.seeding import DAYS_A_YEAR, add_up, databases, meet
from benchmarks.sql import ENTRY_COLUMNS, ask
from benchmarks.system import System
from benchmarks.tools import NotOnThisMachineError
from benchmarks.wrk import business_today

_ROWS_AT_A_TIME: Final = 100_000
_BLOCKS_AHEAD: Final = 16
_WEIGHED_AT: Final = 0.02
_SPARE: Final = 1.25
"""For the log, which the servers keep for a while, and a backup, which is there twice for a moment."""
_SIZE: Final = "SELECT sum(pg_database_size(datname))::bigint FROM pg_database WHERE datname LIKE 'fluxo_%'"

# Entries $1 to $2 of $3 over $4 days from $5 on: the merchants take turns, so that each has one every so often.
_ENTRIES: Final = """
SELECT 'history-' || number % $6::bigint AS merchant_id, $5::date + (number * $4::bigint / $3::bigint)::integer AS day,
    CASE WHEN number % 4 = 3 THEN 'debit' ELSE 'credit' END AS direction, 100 + number * 37 % 9000 AS amount_minor,
    number % 80000 * interval '1 ms' AS since_noon
FROM generate_series($1::bigint, $2::bigint) AS number
"""

_RECORDED: Final = f"""
SELECT uuidv7(recorded_at - now()) AS id, merchant_id, direction, amount_minor, 'BRL' AS currency, day AS business_date,
    'Venda de teste' AS description, 'bench' AS category, NULL::uuid AS reverses, recorded_at
FROM (
    SELECT *, (day + interval '12 hours' + since_noon)::timestamptz AS recorded_at FROM ({_ENTRIES}) AS given
) AS dated
"""  # noqa: S608 - put together from constants

_TOTALS: Final = f"""
SELECT merchant_id, day AS business_date,
    coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0)::bigint AS credits_minor,
    coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0)::bigint AS debits_minor, count(*) AS entry_count
FROM ({_ENTRIES}) AS given
GROUP BY merchant_id, day ORDER BY merchant_id, day
"""  # noqa: S608 - put together from constants
_TOTAL_COLUMNS: Final = ["merchant_id", "business_date", "credits_minor", "debits_minor", "entry_count"]


_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid = 'entries'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_LOG_KEPT: Final = "8GB"


def merchants_of(count: int) -> list[str]:
    """Return the names of so many merchants whose history is loaded."""
    return [f"history-{number}" for number in range(count)]


def load_history(
    system: System, entries: int, *, merchants: int, years: int, report: Callable[[int, int], None]
) -> None:
    """Load exactly so many entries, spread over the merchants and the days up to yesterday, and their totals.

    As `seed_history` does, nothing goes through outbox and stream. `report` is told entries done and their number.

    Raises:
        NotOnThisMachineError: the first of them show that there is no room for all.
    """
    asyncio.run(_load(system, entries, merchants, years * DAYS_A_YEAR, report))


def size_bytes(system: System) -> int:
    """Return what both databases take of the disk."""
    return int(ask(system.admin_url, _SIZE))


def refuse_small_disk(directory: Path, entries: int, entry_bytes: float) -> None:
    """Stop before more is loaded than there is room for.

    Raises:
        NotOnThisMachineError: it says how much it takes, and how much is free.
    """
    takes, free = entries * entry_bytes * _SPARE, shutil.disk_usage(directory).free
    if takes > free:
        raise NotOnThisMachineError(
            f"{entries:,} entries take {takes / 1e9:,.1f} GB at {entry_bytes:,.0f} bytes each, backup and log "
            f"included, and {free / 1e9:,.1f} GB are free in {directory}: set TMPDIR, or ask for fewer"
        )


async def _load(system: System, entries: int, merchants: int, days: int, report: Callable[[int, int], None]) -> None:
    names, last = merchants_of(merchants), business_today()
    first, parts, done, weighed = last - timedelta(days=days - 1), parts_of(entries, days), 0, False

    async def load_parts() -> None:
        nonlocal done, weighed
        async with databases(system) as (recorded, totals), databases(system) as (given, _):
            for begin, end in parts:
                of = (begin, end, entries, days, first, merchants)
                await _copy(given, _RECORDED, of, recorded, "entries", ENTRY_COLUMNS)
                await _copy(given, _TOTALS, of, totals, "day_totals", _TOTAL_COLUMNS)
                done += end - begin + 1
                report(done, entries)
                if not weighed and done >= entries * _WEIGHED_AT:
                    weighed = True
                    taken = await recorded.fetchval(_SIZE) - empty
                    refuse_small_disk(system.data_dir, entries - done, taken / done)

    async with databases(system) as (recorded, totals):
        empty = await recorded.fetchval(_SIZE)
        await meet(recorded, names)
        async with _log_kept_for_long(recorded), _indexed_afterwards(recorded):
            await asyncio.gather(*(load_parts() for _ in cores()))
        await add_up(recorded, totals, names, last)
        await recorded.execute("CHECKPOINT")


@asynccontextmanager
async def _log_kept_for_long(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Let checkpoints be few: after each of them, every page that is touched goes into the log as a whole."""
    await connection.execute(f"ALTER SYSTEM SET max_wal_size = '{_LOG_KEPT}'")
    await connection.execute("SELECT pg_reload_conf()")
    yield
    await connection.execute("ALTER SYSTEM RESET max_wal_size")
    await connection.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def _indexed_afterwards(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Make the indexes that no constraint needs when the entries are there: half of what loading takes, and less."""
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    await connection.execute("SET maintenance_work_mem = '1GB'")
    for index in indexes:
        await connection.execute(index["definition"])


def parts_of(entries: int, days: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of each part: of whole days, so that each day has one row of totals."""
    days_at_a_time = max(_ROWS_AT_A_TIME * days // entries, 1)
    for day in range(0, days, days_at_a_time):
        begin, end = (-(-each * entries // days) for each in (day, min(day + days_at_a_time, days)))
        if begin < end:
            yield begin, end - 1


async def _copy(
    given: asyncpg.Connection,
    query: str,
    of: Sequence[object],
    into: asyncpg.Connection,
    table: str,
    columns: Sequence[str],
) -> None:
    blocks = asyncio.Queue[bytes](_BLOCKS_AHEAD)

    async def read() -> None:
        try:
            await given.copy_from_query(query, *of, output=blocks.put, format="binary")
        finally:
            await blocks.put(b"")

    async def there() -> AsyncIterator[bytes]:
        while block := await blocks.get():
            yield block

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        await into.copy_to_table(table, source=there(), columns=columns, format="binary")
