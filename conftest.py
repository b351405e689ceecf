"""Real servers for every test: the ones named by FLUXO_TEST_* variables, else embedded ones, one set a run.

And what a test does to logging, which is the whole process's, undone.
"""

import gc
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import hypothesis
import orjson
import pytest
import redis.asyncio
import structlog
from fluxo_chassis.observability.logs.configuration import EcsRenderer
from fluxo_chassis.process import CYCLES_LOOKED_FOR_AFTER
from fluxo_chassis.redis import RedisClient

from tests.harness.databases import Database, DatabaseTemplate
from tests.harness.once import once
from tests.harness.ports import free_port
from tests.harness.punctual_clock import punctual_clock  # noqa: F401 - a fixture for all
from tests.harness.virtual_time import virtual_time  # noqa: F401 - the same

# How long an example takes, or the making of one, is the machine's matter. What the suite says of a commit, it says
# again; who looks for what it does not know yet: make test ARGS=--hypothesis-profile=search
hypothesis.settings.register_profile("search", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("repeat", hypothesis.settings.get_profile("search"), derandomize=True)
hypothesis.settings.load_profile("repeat")

if TYPE_CHECKING:
    from fluxo_local.embedded.valkey import ValkeyServer

# What is imported and collected stays as long as the run: to look through it for cycles takes a third of collecting.
gc.disable()

collect_ignore = ["tests/chaos", "tests/deploy"]  # run by make test-operations and test-deploy

pytest_plugins = ["tests.harness.interruption", "tests.harness.reaper", "tests.harness.abandoned"]

# The default shows every variable of every frame, which takes a second or two.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


# Nor does a logger keep the configuration of its first use, which may have been another test's.
_configure = structlog.configure
structlog.configure = lambda **settings: _configure(**settings | {"cache_logger_on_first_use": False})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Lines must not go out as one test wanted them in the next, which may be any: a worker takes what comes."""
    yield
    if isinstance(structlog.get_config()["processors"][-1], EcsRenderer):
        structlog.reset_defaults()
        pytest.fail(f"{item.nodeid} leaves logging as it configured it: it wants the fixture logging_restored")


_SLOWEST_FIRST = ("tests/system", "tests/chaos", "tests/deploy", "apps", "services/balances", "services", "libs")


# A running system, and what the images would hold: half a minute to make. A browser takes longer than its system.
_SHARED = {"tests/system": "system", "tests/deploy": "app"}
_APART = "tests/system/page"


@pytest.hookimpl(tryfirst=True)  # a worker's plugin reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file on one worker, and all that share a system; what takes longest begins first.

    A worker that ends with a journey of a minute lets the others wait for it.
    """

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(item.config.rootpath).as_posix()
        return next((at for at, place in enumerate(_SLOWEST_FIRST) if path.startswith(f"{place}/")), 0)

    items.sort(key=rank)
    for item in items:
        path, fixtures = item.path.as_posix(), getattr(item, "fixturenames", ())
        shares = any(place in path and fixture in fixtures for place, fixture in _SHARED.items()) and _APART not in path
        item.add_marker(pytest.mark.xdist_group(str(item.path.parent if shares else item.path)))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*CYCLES_LOOKED_FOR_AFTER)  # as in the processes under test
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """What `configure_logging` does to the whole process is undone."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def servers_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def copy_cluster(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Gives a PostgreSQL's directory a cluster that is made: initdb takes three times as long as a start."""
    from fluxo_local.embedded.postgres import PostgresServer  # noqa: PLC0415 - only when a server is started

    def make(directory: Path) -> None:
        server = PostgresServer(directory, free_port(), fast=True)
        server.start()
        server.stop()

    def copy(directory: Path) -> Path:
        made = once(tmp_path_factory, "postgres", make)
        if (made / "cluster").exists():  # not where PostgreSQL's data are elsewhere (root without user namespaces)
            shutil.copytree(made, directory)
        return directory

    return copy


@pytest.fixture(scope="session")
def postgres_url(servers_directory: Path, copy_cluster: Callable[[Path], Path]) -> Iterator[str]:
    """Admin URL of a PostgreSQL that this run may create databases in."""
    if given := os.environ.get("FLUXO_TEST_POSTGRES_URL"):
        yield given
        return
    from fluxo_local.embedded.postgres import PostgresServer  # noqa: PLC0415 - only when nothing is given

    server = PostgresServer(copy_cluster(servers_directory / "postgres"), free_port(), fast=True)
    server.start()
    yield server.admin_url
    server.stop()


def _valkey(variable: str, directory: Path) -> Iterator[str]:
    if given := os.environ.get(variable):
        # Several runs may share a given server: each takes a logical database of its own.
        yield f"{given.rstrip('/')}/{os.getpid() % 63 + 1}"
        return
    from fluxo_local.embedded.valkey import ValkeyServer  # noqa: PLC0415 - only when nothing is given

    server = ValkeyServer(directory, free_port(), persistent=variable == "FLUXO_TEST_STREAMS_URL")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def streams_url(servers_directory: Path) -> Iterator[str]:
    yield from _valkey("FLUXO_TEST_STREAMS_URL", servers_directory / "streams")


@pytest.fixture(scope="session")
def cache_url(servers_directory: Path) -> Iterator[str]:
    yield from _valkey("FLUXO_TEST_CACHE_URL", servers_directory / "cache")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., "ValkeyServer"]]:
    """A server that the test may stop or configure: `own_server("cache", persistent=True)`."""
    from fluxo_local.embedded.valkey import ValkeyServer  # noqa: PLC0415 - only the tests that need it pay for it

    started = []

    def start(name: str = "own", *, persistent: bool = False) -> ValkeyServer:
        server = ValkeyServer(tmp_path / name, free_port(), persistent=persistent)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


async def _flushed(url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(url, socket_timeout=10) as client:
        await client.flushdb()
        yield client


@pytest.fixture
async def streams(streams_url: str, anyio_backend: str) -> AsyncIterator[redis.asyncio.Redis]:
    """The streams server, emptied for this test, as a client that is not ours sees it."""
    async for client in _flushed(streams_url):
        yield client


@pytest.fixture
async def streams_client(streams_url: str, streams: redis.asyncio.Redis) -> AsyncIterator[RedisClient]:
    """The client that the services have of that server."""
    async with RedisClient(streams_url) as client:
        yield client


@pytest.fixture
async def cache(cache_url: str, anyio_backend: str) -> AsyncIterator[redis.asyncio.Redis]:
    """The cache server, emptied for this test, as a client that is not ours sees it."""
    async for client in _flushed(cache_url):
        yield client


@pytest.fixture
async def cache_client(cache_url: str, cache: redis.asyncio.Redis) -> AsyncIterator[RedisClient]:
    """The client that the balances have of that server."""
    async with RedisClient(cache_url) as client:
        yield client


@pytest.fixture(scope="session")
def entries_template(postgres_url: str) -> Iterator[DatabaseTemplate]:
    from fluxo_entries.bootstrap import migrate  # noqa: PLC0415 - only the tests that need it pay for it

    template = DatabaseTemplate(postgres_url, "entries", migrate)
    yield template
    template.close()


@pytest.fixture(scope="session")
def balances_template(postgres_url: str) -> Iterator[DatabaseTemplate]:
    from fluxo_balances.bootstrap import migrate  # noqa: PLC0415 - only the tests that need it pay for it

    template = DatabaseTemplate(postgres_url, "balances", migrate)
    yield template
    template.close()


async def _scans(connection: asyncpg.Connection, statement: str, *arguments: object) -> set[str]:
    """Return the tables that a statement would read from end to end, by either kind of plan that a server may choose.

    A plan for these arguments, and one for any: a prepared statement gets the second after some executions.
    """
    name = f"explained_{secrets.token_hex(4)}"
    prepared = await connection.prepare(statement, name=name)
    for_these = await prepared.explain(*arguments)
    nulls = ", ".join(["NULL"] * len(prepared.get_parameters()))
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for_any = orjson.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {name}({nulls})"))
    return {*_sequential(for_these[0]["Plan"]), *_sequential(for_any[0]["Plan"])}


def _sequential(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _sequential(part)


@pytest.fixture
def scans() -> Callable[..., Awaitable[set[str]]]:
    """The tables that a statement reads from end to end: `await scans(connection, statement, *arguments)`."""
    return _scans


@pytest.fixture
async def entries_database(entries_template: DatabaseTemplate, anyio_backend: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of the entries service."""
    database = await entries_template.create()
    yield database
    await entries_template.drop(database)


@pytest.fixture
async def balances_database(balances_template: DatabaseTemplate, anyio_backend: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of the balances service."""
    database = await balances_template.create()
    yield database
    await balances_template.drop(database)
