"""Servers, and processes of this release or of the one before on them; merchants who go on all the while."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from threading import Event
from uuid import uuid4

import asyncpg
import httpx2
import pytest
import redis
from fluxo_cli.commands.verify import reconcile
from fluxo_cli.operations.rebuilding import rebuild_from_replay
from fluxo_cli.operations.reconciliation import Comparison, Window
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM
from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer

from tests.harness.system import System
from tests.harness.waiting import PATIENCE_S

ROOT = Path(__file__).parents[3]
SOURCES = ("services/entries/src", "services/balances/src", "libs/chassis/src", "libs/contracts/src")
REVISIONS = ("services/entries/src/fluxo_entries/migrations", "services/balances/src/fluxo_balances/migrations")
PACKAGES = ("fluxo_entries", "fluxo_balances", "fluxo_chassis", "fluxo_contracts")
# Where the first and the second instance of each listen, from the port base on.
PORTS = {
    "entries-api": (1, 51),
    "balances-api": (2, 52),
    "entries-relay": (11, 12),
    "balances-projector": (31, 32),
}
DAY = date(2026, 3, 10)
MERCHANT = "padaria"
WHOLESALER = "atacado"
PASSWORD = "secret"
HTTP = httpx2.Client(timeout=5)  # one for all: it is the making that takes its time


@dataclass(frozen=True)
class Release:
    """Code to run: `directory` holds its `src` folders, None is what is installed."""

    name: str
    directory: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        if self.directory is None:
            return {}
        return {"PYTHONPATH": os.pathsep.join(str(self.directory / source) for source in SOURCES)}

    def module_files(self) -> list[Path]:
        program = f"import {', '.join(PACKAGES)}; print({', '.join(f'{package}.__file__' for package in PACKAGES)})"
        environment = {**os.environ, **self.environment}
        found = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return [Path(file) for file in found.stdout.split()]


def git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the release before comes from git's history, and there is none here: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_before_the_newest_revision() -> str:
    """Return the newest code that knows the schema before the newest revision, whichever service it belongs to.

    So whoever adds a revision tests it against the code that runs while it is applied, and nobody has to name a
    commit. FLUXO_TEST_PREVIOUS_RELEASE names another one, such as the tag that is in production.
    """
    if given := os.environ.get("FLUXO_TEST_PREVIOUS_RELEASE"):
        return git("rev-parse", "--verify", f"{given}^{{commit}}")
    versions = [f"{revisions}/versions" for revisions in REVISIONS]
    if git("status", "--porcelain", "--", *versions):
        return git("rev-parse", "HEAD")
    introduced = git("log", "-1", "--diff-filter=A", "--format=%H", "--", *versions)
    if not introduced:
        pytest.skip("the history does not tell when the newest revision came")
    return git("rev-parse", "--verify", f"{introduced}^")


@pytest.fixture(scope="session")
def previous_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    commit = commit_before_the_newest_revision()
    directory = tmp_path_factory.mktemp("previous-release")
    archive = directory / "sources.tar"
    git("archive", f"--output={archive}", commit, *SOURCES)
    subprocess.run(["tar", "-xf", archive, "-C", directory], check=True)
    # Its relay tidies up each second, so that nobody has to wait a minute for that.
    relay = directory / "services/entries/src/fluxo_entries/entrypoints/relay.py"
    relay.write_text(relay.read_text().replace("PURGE_EVERY_S: Final = 60.0", "PURGE_EVERY_S: Final = 1.0"))
    return Release(commit[:7], directory)


class Process:
    """One process of a service."""

    def __init__(self, role: str, port: int, release: Release, environment: dict[str, str], log: Path) -> None:
        self.role, self.release, self.log = role, release, log
        self.url = f"http://127.0.0.1:{port}"
        service, process = role.split("-")
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"fluxo_{service}", process],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return HTTP.get(f"{self.url}/health/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels, 0 before it appears."""
        lines = HTTP.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[:1] == [name])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0, self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Traffic:
    """Writers and readers that spread over the APIs there are, and repeat a request, with the same key, until it is
    answered as it should be.
    """

    CLIENTS = 2
    PAUSE_S = 0.2
    GIVE_UP_AFTER_S = PATIENCE_S
    EVERY_SO_MANY_A_REVERSAL = 4

    def __init__(self, fleet: "Fleet") -> None:
        self._fleet = fleet
        self.recorded: list[dict] = []
        self.answered: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        # Of its own for each role: the clients pause alike, and by what all were answered some would ask one API only.
        self._turns: dict[str, Iterator[int]] = defaultdict(itertools.count)
        self._enough = Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        with ThreadPoolExecutor(2 * self.CLIENTS) as pool:
            clients = [pool.submit(work) for work in (self._write, self._read) for _ in range(self.CLIENTS)]
            try:
                self.until_each_has_answered_more()
                yield
            finally:
                self._enough.set()
            for client in clients:
                client.result()

    def total(self) -> tuple[int, Decimal]:
        """Return how many entries were recorded, and what they come to."""
        return len(self.recorded), Decimal(sum(SIGN[entry["direction"]] for entry in self.recorded))

    def until_each_has_answered_more(self, number: int = 8) -> None:
        """Wait until each of the APIs that run now has answered so many requests more."""
        wanted = {api.url: self.answered[api.url] + number for api in self._fleet.apis()}
        self._fleet.until(lambda: all(self.answered[url] >= count for url, count in wanted.items()))

    def _write(self) -> None:
        for number in itertools.count(1):
            entry = self._answer("entries-api", "POST", "/v1/entries", 201, sale())
            if number % self.EVERY_SO_MANY_A_REVERSAL == 0:
                path = f"/v1/entries/{entry['id']}/reversal"
                self._answer("entries-api", "POST", path, 201, {"reason": "Engano"})
            if self._enough.wait(self.PAUSE_S):
                return

    def _read(self) -> None:
        while not self._enough.wait(self.PAUSE_S):
            self._answer("balances-api", "GET", f"/v1/daily-balances/{DAY}", 200)

    def _answer(self, role: str, method: str, path: str, wanted: int, body=None) -> dict:
        headers = self._fleet.authorization | {"Idempotency-Key": str(uuid4())}
        deadline = time.monotonic() + self.GIVE_UP_AFTER_S
        while True:
            apis = self._fleet.apis(role)
            api = apis[next(self._turns[role]) % len(apis)]
            try:
                answer = HTTP.request(method, f"{api.url}{path}", json=body, headers=headers)
            except httpx2.TransportError as error:
                self.failures[type(error).__name__] += 1
            else:
                if answer.status_code == wanted:
                    self.answered[api.url] += 1
                    if wanted == 201:
                        self.recorded.append(answer.json())
                    return answer.json()
                assert answer.status_code in (502, 503), (api.release.name, answer.text)
                self.failures[str(answer.status_code)] += 1
            assert time.monotonic() < deadline, self.failures
            time.sleep(0.05)


# Whether there is a transaction that waits for this one, and the relay has been as far as it may be while that is open.
RELAY_HAS_COME = """
SELECT EXISTS (
    SELECT FROM pg_locks AS waits JOIN pg_locks AS own USING (pid) JOIN outbox_passed
        ON outbox_passed.xid >= own.transactionid::text::xid8
    WHERE waits.transactionid = pg_current_xact_id()::xid AND NOT waits.granted
        AND own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock' AND own.granted
)
"""


class Wholesaler:
    """Another merchant, who records in bulk: each is atomic, and of more entries than go out at a time."""

    BULK_ENTRIES = 600

    def __init__(self, fleet: "Fleet") -> None:
        self._fleet = fleet
        self._authorization = fleet.authorization_of(WHOLESALER)
        self._recorded: list[str] = []

    def record(self, entries: Process) -> None:
        """Record one, in as many tries with the same keys as it takes."""
        items = [sale() | {"idempotency_key": str(uuid4())} for _ in range(self.BULK_ENTRIES)]
        bulk = {"mode": "atomic", "entries": items}
        answer = self._fleet.post(f"{entries.url}/v1/entries/bulk", bulk, self._authorization)
        self._recorded += [entry["id"] for entry in answer["items"]]

    def record_while_the_relay_goes_on(self, entries: Process) -> None:
        """Record one that is open, with keys and without events, until the relay has come to it and done what it may.

        Its entries wait for their merchant's row. Needs traffic: the relay looks when there is something to publish.
        """
        asyncio.run(self._record_slowly(entries))

    async def _record_slowly(self, entries: Process) -> None:
        connection = await asyncpg.connect(self._fleet.database_url("entries", "owner"))
        async with asyncio.timeout(PATIENCE_S), connection.transaction():
            await connection.execute("SELECT FROM merchants WHERE merchant_id = $1 FOR UPDATE", WHOLESALER)
            recording = asyncio.create_task(asyncio.to_thread(self.record, entries))
            while not (recording.done() or await connection.fetchval(RELAY_HAS_COME)):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        await connection.close()
        await recording

    def is_consolidated(self, balances: Process) -> bool:
        """Whether each of its entries is in the balance once."""
        assert len(set(self._recorded)) == len(self._recorded)
        return self._fleet.day(balances, WHOLESALER) == (len(self._recorded), len(self._recorded))


SIGN = {"credit": 1, "debit": -1}


def sale() -> dict[str, str]:
    return {"direction": "credit", "amount": "1.00", "business_date": DAY.isoformat(), "description": "Venda"}


class Fleet:
    """Servers of its own and whatever processes are started on them. Ports, directory and tokens are a `System`'s."""

    def __init__(self, system) -> None:
        self._system = system
        directory, base = system.data_dir, system.port_base
        directory.mkdir(parents=True)
        self.until = system.until
        self.postgres = PostgresServer(directory / "postgres", base + 3, fast=True)
        self.streams = ValkeyServer(directory / "valkey-streams", base + 4, persistent=True)
        self.cache = ValkeyServer(directory / "valkey-cache", base + 5, persistent=False)
        # Hosts and ports, several where one may take over from another.
        self.databases_at = dict.fromkeys(("entries", "balances"), f"127.0.0.1:{self.postgres.port}")
        self.processes: list[Process] = []
        self._opened = ExitStack()

    def start_servers(self) -> None:
        for server in (self.postgres, self.streams, self.cache):
            server.start()
            self._opened.callback(server.stop)
        for service in ("entries", "balances"):
            self.make_database(service, self.postgres)
        self.ask(self.postgres.admin_url, "ALTER SYSTEM SET log_line_prefix = '%e '", "SELECT pg_reload_conf()")

    def make_database(self, service: str, server: PostgresServer) -> None:
        roles = (Role(f"{service}_{role}", PASSWORD) for role in ("owner", "app"))
        ensure_database(server.admin_url, f"fluxo_{service}", *roles)

    def another_postgres(self, name: str, offset: int) -> PostgresServer:
        """Return one that is not started, and is stopped with the others."""
        server = PostgresServer(self._system.data_dir / name, self._system.port_base + offset, fast=True)
        self._opened.callback(server.stop)
        return server

    def close(self) -> None:
        self._opened.close()

    @staticmethod
    def ask(url: str, *statements: str):
        """Return the value of the last one."""

        async def each():
            connection = await asyncpg.connect(url)
            try:
                return [await connection.fetchval(statement) for statement in statements][-1]
            finally:
                await connection.close()

        return asyncio.run(each())

    def database_url(self, service: str, role: str) -> str:
        address = f"{service}_{role}:{PASSWORD}@{self.databases_at[service]}"
        return f"postgresql://{address}/fluxo_{service}?target_session_attrs=primary"

    def environment(self, release: Release, **own: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}
        assert self.authorization, "the first token makes the issuer's keys"
        return {
            **clean,
            **release.environment,
            "FLUXO_ENTRIES_DATABASE_URL": self.database_url("entries", "app"),
            "FLUXO_ENTRIES_MIGRATION_DATABASE_URL": self.database_url("entries", "owner"),
            "FLUXO_BALANCES_DATABASE_URL": self.database_url("balances", "app"),
            "FLUXO_BALANCES_MIGRATION_DATABASE_URL": self.database_url("balances", "owner"),
            "FLUXO_STREAMS_URL": self.streams.url,
            "FLUXO_CACHE_URL": self.cache.url,
            "FLUXO_AUTH_JWKS_URL": (self._system.data_dir / "issuer" / "jwks.json").as_uri(),
            "FLUXO_LOG_FORMAT": "json",
            # Of what an instance leaves behind that never comes back; 30 s are long in a test.
            "FLUXO_PROJECTOR_TAKE_OVER_IDLE_S": "3",
            **own,
        }

    def migrate(self, release: Release) -> None:
        """Both services' schemas, in one process of that release: it is the start that takes its time."""
        program = "".join(
            f"from fluxo_{service}.bootstrap.migrations import migrate; "
            f"migrate(owner_url={self.database_url(service, 'owner')!r}, app_role='{service}_app')\n"
            for service in ("entries", "balances")
        )
        environment = self.environment(release)
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    @staticmethod
    def command(service: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", f"fluxo_{service}", *arguments]

    def revisions(self) -> list[str]:
        urls = [self.database_url(service, "owner") for service in ("entries", "balances")]
        return [self.ask(url, "SELECT version_num FROM alembic_version") for url in urls]

    def refused_transactions(self) -> int:
        """Return how many were told that they come too late, whoever tried again then."""
        log = (self.postgres.directory / "server.log").read_text()
        return log.count(f"\n{asyncpg.SerializationError.sqlstate} ERROR")

    def start(self, release: Release, *roles: str, instance: int) -> list[Process]:
        """Start one of each role beside what runs, and wait until they are ready."""
        started = []
        for role in roles or PORTS:
            port = self._system.port_base + PORTS[role][instance - 1]
            name = f"{role}-{instance}"
            environment = self.environment(release, FLUXO_PORT=str(port), FLUXO_INSTANCE=name)
            log = self._system.data_dir / f"{name}-{release.name}.log"
            started.append(Process(role, port, release, environment, log))
        self._opened.callback(lambda: [process.kill() for process in started])
        self.until(lambda: all(process.is_ready() for process in started))
        self.processes += started
        return started

    def stop(self, process: Process) -> None:
        """Take it off the list of those that are asked, and end it."""
        self.processes.remove(process)
        process.stop()

    def apis(self, role: str = "-api") -> list[Process]:
        return [process for process in self.processes if process.role.endswith(role)]

    @cached_property
    def authorization(self) -> dict[str, str]:
        return self.authorization_of(MERCHANT)

    def authorization_of(self, merchant: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._system.token(merchant)}"}

    def traffic(self) -> Traffic:
        return Traffic(self)

    def wholesaler(self) -> Wholesaler:
        return Wholesaler(self)

    def let_bulks_have_waited(self) -> None:
        """Long enough for a relay that takes them for forgotten."""
        aged = "UPDATE bulk_outbox SET created_at = created_at - interval '1 minute'"
        self.ask(self.database_url("entries", "owner"), aged)

    def waiting_bulks(self) -> int:
        """Return how many parts of them are not in the outbox yet."""
        return self.ask(self.database_url("entries", "owner"), "SELECT count(*) FROM bulk_outbox")

    def consolidates(self, entries: Process, balances: Process) -> dict:
        """Record at one API and wait for it at the other; returns the entry."""
        entry = self.record(entries)
        self.shows(balances, entry["id"])
        return entry

    def record(self, entries: Process, key: str | None = None) -> dict:
        """Record R$ 1.00, in as many tries with the same key as it takes."""
        headers = self.authorization | {"Idempotency-Key": key or str(uuid4())}
        return self.post(f"{entries.url}/v1/entries", sale(), headers)

    def post(self, url: str, body: dict, headers: dict[str, str]) -> dict:
        """Post in as many tries as it takes until that is recorded, and return the answer."""
        answers = []

        def ask() -> bool:
            answers.append(HTTP.post(url, json=body, headers=headers, timeout=30))
            assert answers[-1].status_code in (201, 503), answers[-1].text
            return answers[-1].status_code == 201

        self.until(ask)
        return answers[-1].json()

    def shows(self, balances: Process, entry_id: str) -> None:
        def ask() -> bool:
            url = f"{balances.url}/v1/daily-balances/{DAY}"
            return HTTP.get(url, params={"after_entry": entry_id}, headers=self.authorization).status_code == 200

        self.until(ask)

    def day(self, balances: Process, merchant: str = MERCHANT) -> tuple[int, Decimal]:
        """Return how many entries the day has, and what it closes with."""
        headers = self.authorization_of(merchant)
        answer = HTTP.get(f"{balances.url}/v1/daily-balances/{DAY}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["entry_count"], Decimal(answer.json()["closing_balance"])

    def dead_letters(self) -> int:
        with redis.Redis.from_url(self.streams.url) as client:
            return client.xlen(ENTRIES_DEAD_LETTERS_STREAM)

    def compare(self, release: Release, *, settle_s: float = 10) -> Comparison:
        """Compare as `fluxo verify` does."""
        commands = [self.command(service, "totals") for service in ("entries", "balances")]
        return reconcile(*commands, self.environment(release), Window(), settle_s=settle_s)

    def rebuild(self, release: Release) -> None:
        """Build the balances anew as `fluxo rebuild` does."""
        commands = [
            self.command("balances", "rebuild"),
            lambda mark: self.command("entries", "replay", f"--mark={mark}"),
        ]
        rebuild_from_replay(*commands, self.environment(release), lambda *_: None)

    def categories(self, balances: Process) -> httpx2.Response:
        url = f"{balances.url}/v1/category-totals"
        return HTTP.get(url, params={"from": str(DAY), "to": str(DAY)}, headers=self.authorization)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(System(tmp_path / "data"))
    try:
        fleet.start_servers()
        yield fleet
    finally:
        fleet.close()


@pytest.fixture(scope="session")
def this_release() -> Release:
    return Release("this-release")
