import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from fluxo_local.connections import connections_needed
from fluxo_local.embedded import confinement
from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.errors import CommandError
from fluxo_local.topology import REPLICAS_MAX

pytestmark = pytest.mark.anyio


@pytest.fixture
def new_server(tmp_path: Path, free_ports: Callable[[int], int]) -> Iterator[PostgresServer]:
    server = PostgresServer(
        tmp_path / "postgres", free_ports(1), max_connections=connections_needed(REPLICAS_MAX), fast=True
    )
    yield server
    server.stop()


@pytest.fixture
def server(new_server: PostgresServer, copy_cluster: Callable[[Path], Path]) -> PostgresServer:
    copy_cluster(new_server.directory)
    return new_server


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_no_connection_waits_until_a_random_password_is_hashed_thousands_of_times(server: PostgresServer):
    server.start()
    await _value(server.admin_url, "CREATE ROLE another PASSWORD 'another'")
    passwords = "SELECT string_agg(left(rolpassword, 16), ' ') FROM pg_authid WHERE rolpassword IS NOT NULL"
    assert await _value(server.admin_url, passwords) == "SCRAM-SHA-256$1: SCRAM-SHA-256$1:"


async def test_data_survive_a_stop_and_a_start(server: PostgresServer):
    server.start()
    await _value(server.admin_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    server.start()
    assert await _value(server.admin_url, "SELECT answer FROM kept") == 42


async def test_it_has_room_for_all_replicas_that_there_may_be(server: PostgresServer):
    server.start()
    assert await _value(server.admin_url, "SHOW max_connections") == "878"


async def test_starting_what_runs_changes_nothing(server: PostgresServer):
    server.start()
    assert server.process is not None
    pid = server.process.pid
    server.start()
    assert server.process.pid == pid


async def test_data_survive_a_kill_and_the_server_starts_again_at_once(server: PostgresServer):
    server.start()
    assert server.process is not None
    # The connection's back end outlives its server for a moment, and holds the shared memory.
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    server.start()
    connection.terminate()
    assert await _value(server.admin_url, "SELECT answer FROM kept") == 42


def test_a_second_server_on_the_same_directory_is_refused(server: PostgresServer, monkeypatch):
    monkeypatch.setattr("fluxo_local.embedded.directory._PATIENCE_S", 0.1)
    server.start()
    with pytest.raises(CommandError, match="already works on"):
        PostgresServer(server.directory, server.port + 1, fast=True).start()


def test_a_busy_port_is_reported_with_the_end_of_the_log(server: PostgresServer, tmp_path: Path):
    server.start()
    with pytest.raises(CommandError, match="could not bind"):
        PostgresServer(tmp_path / "other", server.port, fast=True).start()


def test_its_directory_and_password_are_private(new_server: PostgresServer):
    new_server.start()
    assert stat.S_IMODE(new_server.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((new_server.directory / "password").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_it_as_nobody(new_server: PostgresServer, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(confinement, "namespace_reaches", lambda *_: False)
    relocated = Path("/tmp") / f"fluxo-{os.getpid()}"  # noqa: S108 - a stand-in for /var/lib/fluxo, open to all
    monkeypatch.setattr(confinement, "_RELOCATED", relocated)
    try:
        new_server.start()
        assert new_server.process is not None
        assert Path(f"/proc/{new_server.process.pid}").stat().st_uid != 0
        assert new_server.is_ready()
    finally:
        new_server.stop()
        shutil.rmtree(relocated)


async def test_a_database_has_an_owner_and_a_role_that_owns_nothing(server: PostgresServer):
    server.start()
    for _ in range(2):  # repeatable
        ensure_database(server.admin_url, "shop", Role("shop_owner", "o'wner"), Role("shop_app", "app"))
    address = f"127.0.0.1:{server.port}/shop"
    await _value(f"postgresql://shop_owner:o'wner@{address}", "CREATE TABLE owned AS SELECT 1")
    for statement in (
        "CREATE TABLE intruder AS SELECT 1",
        "CREATE TEMPORARY TABLE intruder AS SELECT 1",
        "SELECT lo_create(0)",
        "SELECT lo_creat(0)",
        "SELECT lo_from_bytea(0, '')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _value(f"postgresql://shop_app:app@{address}", statement)


async def test_a_role_has_no_more_connections_than_it_was_given(server: PostgresServer):
    server.start()
    ensure_database(server.admin_url, "shop", Role("shop_owner", "a"), Role("shop_app", "a", 1), Role("shop_api", "a"))
    address = f"127.0.0.1:{server.port}/shop"
    held = await asyncpg.connect(f"postgresql://shop_app:a@{address}")
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await _value(f"postgresql://shop_app:a@{address}", "SELECT 1")
    assert await _value(f"postgresql://shop_api:a@{address}", "SELECT 1") == 1
    await held.close()


async def test_a_role_of_one_database_cannot_enter_another(server: PostgresServer):
    server.start()
    ensure_database(server.admin_url, "shop", Role("shop_owner", "a"), Role("shop_app", "a"))
    ensure_database(server.admin_url, "mill", Role("mill_owner", "b"), Role("mill_app", "b"))
    for database in ("shop", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _value(f"postgresql://mill_app:b@127.0.0.1:{server.port}/{database}", "SELECT 1")


async def test_a_new_password_replaces_the_old_one(server: PostgresServer):
    server.start()
    ensure_database(server.admin_url, "shop", Role("shop_owner", "old"), Role("shop_app", "old"))
    ensure_database(server.admin_url, "shop", Role("shop_owner", "new"), Role("shop_app", "new"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _value(f"postgresql://shop_app:old@127.0.0.1:{server.port}/shop", "SELECT 1")
    assert await _value(f"postgresql://shop_app:new@127.0.0.1:{server.port}/shop", "SELECT 1") == 1
