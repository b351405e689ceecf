"""A backlog of events, and how fast one process at a time works it off."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import asyncpg
import redis
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.spawn import spawn, stop

from benchmarks.cost import Cost, cpu_seconds
from benchmarks.profiling import Profile, profile_of
from benchmarks.quiet import published_events, stream_backlog, streams
from benchmarks.sql import ask, with_database
from benchmarks.system import System
from benchmarks.tools import SystemFailedError
from benchmarks.wrk import business_today

MERCHANTS: Final = 100
_EVENTS_AT_A_TIME: Final = 50_000
_WITHIN_S: Final = 600.0
_POLL_S: Final = 0.01

# $1 first and $2 last number, $3 how many merchants, $4 today, $5 of a hundred entries so many are 360 days older.
_FILL: Final = """
WITH given AS MATERIALIZED (
    SELECT number, uuidv7() AS id, 'backlog-' || number % $3::bigint AS merchant_id,
        CASE WHEN number % 4 = 3 THEN 'debit' ELSE 'credit' END AS direction, 100 + number % 9000 AS amount_minor,
        CASE WHEN number / $3::bigint % 100 < $5::bigint THEN $4::date - 360 ELSE $4::date END AS business_date,
        clock_timestamp() AS recorded_at
    FROM generate_series($1::bigint, $2::bigint) AS number
), recorded AS (
    INSERT INTO entries (id, merchant_id, direction, amount_minor, currency, business_date, description, category,
        reverses, recorded_at)
    SELECT id, merchant_id, direction, amount_minor, 'BRL', business_date, 'Venda de teste', 'bench', NULL, recorded_at
    FROM given
)
INSERT INTO outbox (event)
SELECT convert_to(format(
    '{"specversion":"1.0","type":"fluxo.entry.recorded.v1","source":"/fluxo/entries","id":"%1$s","time":"%2$s",'
    '"subject":"%3$s","datacontenttype":"application/json","traceparent":"00-%4$s-%5$s-01","data":{"id":"%1$s",'
    '"direction":"%6$s","amount":"%7$s","amount_minor":%8$s,"currency":"BRL","business_date":"%9$s",'
    '"description":"Venda de teste","category":"bench","reverses":null,"recorded_at":"%2$s"}}',
    id, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), merchant_id, md5(number::text),
    substr(md5(id::text), 1, 16), direction, to_char(amount_minor / 100.0, 'FM999999990.00'), amount_minor,
    business_date), 'UTF8')
FROM given ORDER BY number
"""

_MEET: Final = """
INSERT INTO merchants (merchant_id, name, currency, time_zone)
SELECT 'backlog-' || number, 'backlog', 'BRL', 'America/Sao_Paulo' FROM generate_series(0, $1::bigint - 1) AS number
ON CONFLICT DO NOTHING
"""
_COUNT: Final = "SELECT coalesce(sum(entry_count), 0)::bigint FROM day_totals"


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """`cpu_us`: CPU microseconds for each event, by role."""

    events_per_s: float
    cpu_us: dict[str, float]
    profile: Profile | None


class Backlog:
    """The system's data and servers, without its services: they are started here, one at a time.

    Entering stops what `fluxo up` runs and starts PostgreSQL and the Valkeys again by themselves.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._servers = ExitStack()
        self._filled = 0

    def __enter__(self) -> Self:
        self._system.stop()
        base, data_dir = self._system.port_base, self._system.data_dir
        postgres = PostgresServer(data_dir / "postgres", base + 3)
        queue = ValkeyServer(data_dir / "valkey-streams", base + 4, persistent=True)
        cache = ValkeyServer(data_dir / "valkey-cache", base + 5, persistent=False)
        for server in (postgres, queue, cache):
            self._servers.callback(server.stop)
            server.start()
        self._pids = {
            name: server.process.pid
            for name, server in (("postgres", postgres), ("valkey-streams", queue), ("valkey-cache", cache))
            if server.process is not None
        }
        self._client = self._servers.enter_context(streams(self._system))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._servers.close()

    def fill(self, events: int, back_dated_percent: int = 0, say: Callable[[str], None] = lambda _: None) -> None:
        """Record so many entries of 100 merchants by SQL, with the events that the service would write."""
        asyncio.run(self._fill(events, back_dated_percent, say))
        self._filled += events

    def publish(self) -> WorkedOff:
        """Let a relay publish what was filled in."""
        return self._work_off("entries", "relay", published_events)

    def project(self, *, profiled: bool = False) -> WorkedOff:
        """Let a projector apply what was published, and sample its stack meanwhile where that is asked for.

        Raises:
            SystemFailedError: the totals afterwards are not those of all events.
        """
        found = self._work_off(
            "balances", "projector", lambda client: published_events(client) - stream_backlog(client), profiled=profiled
        )
        counted = ask(self._system.environment["FLUXO_BALANCES_DATABASE_URL"], _COUNT)
        if counted != self._filled:
            raise SystemFailedError(f"{self._filled} events were recorded, {counted} are in the balances")
        return found

    def _work_off(
        self, service: str, role: str, done: Callable[[redis.Redis], int], *, profiled: bool = False
    ) -> WorkedOff:
        """Start the process and measure from its first batch to its last, leaving out how long it takes to start."""
        before, name = done(self._client), f"{service}-{role}-1"
        told = {"FLUXO_PORT": str(self._system.port_base + 95), "FLUXO_INSTANCE": name}
        with (self._system.data_dir / "logs" / f"{name}.bench.log").open("ab") as log:
            argv = [sys.executable, "-m", f"fluxo_{service}", role]
            process = spawn(argv, log=log, env=self._system.environment | told)
        pids, cost = self._pids | {name: process.pid}, Cost()
        try:
            begun_at = self._until(lambda: done(self._client) > before, process)
            begun, spent = done(self._client), cpu_seconds(pids)
            with profile_of(process.pid) if profiled else nullcontext() as profile:
                ended_at = self._until(lambda: done(self._client) >= self._filled, process)
                cost.since(spent, pids)
        finally:
            stop(process, ((signal.SIGTERM, 15.0),))
        worked_off = self._filled - begun
        return WorkedOff(worked_off / (ended_at - begun_at), cost.us_per(worked_off), profile)

    def _until(self, holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> float:
        deadline = time.monotonic() + _WITHIN_S
        while not holds():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemFailedError(f"the backlog was not worked off within {_WITHIN_S:g} s")
            time.sleep(_POLL_S)
        return time.monotonic()

    async def _fill(self, events: int, back_dated_percent: int, say: Callable[[str], None]) -> None:
        connection = await asyncpg.connect(with_database(self._system.admin_url, "fluxo_entries"))
        try:
            await connection.execute(_MEET, MERCHANTS)
            # Consistent by construction: no foreign key needs to be looked up again.
            await connection.execute("SET session_replication_role = replica")
            for begin in range(0, events, _EVENTS_AT_A_TIME):
                end = min(begin + _EVENTS_AT_A_TIME, events)
                numbers = (self._filled + begin, self._filled + end - 1)
                await connection.execute(_FILL, *numbers, MERCHANTS, business_today(), back_dated_percent)
                say(f"{end:,} of {events:,} events recorded")
            await connection.execute("VACUUM (ANALYZE)")
        finally:
            await connection.close()
