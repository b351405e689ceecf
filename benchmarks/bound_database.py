"""A second database on the system's own server, for what a client in C makes of the same tables: pgbench and COPY."""

import asyncio
import subprocess
import sys
import time
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from benchmarks import pgbench
from benchmarks.pgbench import PgbenchResult
from benchmarks.sql import ENTRY_COLUMNS, ask, with_database
from benchmarks.system import System
from benchmarks.tools import SystemFailedError
from benchmarks.wrk import business_today

_NAME: Final = "fluxo_entries_bound"

# One entry, its idempotency key and its event, as one statement: what a client in C can make of the same tables.
_PGBENCH_STATEMENT: Final = """\
WITH given AS MATERIALIZED (
    SELECT uuidv7() AS id, 'bound-' || gen_random_uuid() AS key, sha256('body') AS request_hash, now() AS recorded_at
), fresh AS (
    INSERT INTO idempotency_keys (merchant_id, key, request_hash, entry_id)
    SELECT 'bound', key, request_hash, id FROM given
    ON CONFLICT DO NOTHING
    RETURNING entry_id
), recorded AS (
    INSERT INTO entries (id, merchant_id, direction, amount_minor, currency, business_date, description, category,
        reverses, recorded_at)
    SELECT id, 'bound', 'credit', 1234, 'BRL', DATE '{day}', 'Venda de teste', 'bench', NULL, recorded_at
    FROM given WHERE id IN (SELECT entry_id FROM fresh)
), announced AS (
    INSERT INTO outbox (event) SELECT '\\x{event}'::bytea FROM given WHERE id IN (SELECT entry_id FROM fresh)
)
SELECT entry_id FROM fresh;
"""


_MEET_MERCHANT: Final = """
INSERT INTO merchants (merchant_id, name, currency, time_zone) VALUES ('bound', 'bound', 'BRL', 'America/Sao_Paulo')
ON CONFLICT DO NOTHING
"""


def database_beside(system: System, service: str, name: str) -> str:
    """Make a database of a service's schema on the system's own server, anew if there is one.

    Returns its owner's URL, whom no policy and no limit of connections holds.
    """
    variables = [f"FLUXO_{service.upper()}_{which}DATABASE_URL" for which in ("", "MIGRATION_")]
    url = with_database(system.environment[variables[1]], name)
    create = f"CREATE DATABASE {name} OWNER {urlsplit(url).username}"
    ask(system.admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", create)
    subprocess.run(
        [sys.executable, "-m", f"fluxo_{service}", "migrate"],
        env=system.environment | dict.fromkeys(variables, url),
        check=True,
        capture_output=True,
        timeout=60,
    )
    return url


class BoundDatabase:
    """A second database on the system's own PostgreSQL: the entries service's schema, and nobody relaying from it."""

    def __init__(self, system: System) -> None:
        self._url = database_beside(system, "entries", _NAME)
        # A NOTIFY makes commits wait for each other. Two flushers don't feel that, 64 clients do: it would flatter us.
        ask(self._url, "ALTER TABLE outbox DISABLE TRIGGER USER")
        self._event, self._events_database = b"", system.environment["FLUXO_ENTRIES_DATABASE_URL"]

    def event(self) -> bytes:
        """Return an event as the system writes it: any that is in its outbox."""
        if not self._event:
            event = ask(self._events_database, "SELECT event FROM outbox ORDER BY xid DESC, seq DESC LIMIT 1")
            if event is None:
                raise SystemFailedError("the outbox holds no event that a bound could copy")
            self._event = bytes(event)
        return self._event

    def pgbench(self, connections: int, seconds: float, *, percentiles: bool = False) -> PgbenchResult:
        """Run the statement, each time a transaction."""
        ask(self._url, _MEET_MERCHANT)
        statement = _PGBENCH_STATEMENT.format(day=business_today(), event=self.event().hex())
        return pgbench.run(self._url, statement, connections=connections, seconds=seconds, percentiles=percentiles)

    def copy(self, rows: int) -> float:
        """Return the rows a second that three COPYs in one transaction bring in: keys, entries and outbox rows."""
        ask(self._url, _MEET_MERCHANT)
        return asyncio.run(_copy(self._url, rows, self.event()))


async def _copy(url: str, rows: int, event: bytes) -> float:
    connection = await asyncpg.connect(url)
    try:
        ids: list[str] = [str(row["id"]) for row in await connection.fetch(_NEW_IDS, rows)]
        day, run = business_today(), uuid4()
        keys = "".join(f"bound\tbulk-{run}-{number}\t\\\\x{'ab' * 32}\t{id_}\n" for number, id_ in enumerate(ids))
        entries = "".join(
            f"{id_}\tbound\tcredit\t1234\tBRL\t{day}\tVenda de teste\tbench\t\\N\t{day}T12:00:00Z\n" for id_ in ids
        )
        events = f"\\\\x{event.hex()}\n" * rows
        begin = time.perf_counter()
        async with connection.transaction():
            for table, columns, text in (
                ("idempotency_keys", _KEY_COLUMNS, keys),
                ("entries", ENTRY_COLUMNS, entries),
                ("outbox", ["event"], events),
            ):
                await connection.copy_to_table(table, source=BytesIO(text.encode()), columns=columns)
        return rows / (time.perf_counter() - begin)
    finally:
        await connection.close()


_NEW_IDS: Final = "SELECT uuidv7() AS id FROM generate_series(1, $1::integer) ORDER BY id"
_KEY_COLUMNS: Final = ["merchant_id", "key", "request_hash", "entry_id"]
