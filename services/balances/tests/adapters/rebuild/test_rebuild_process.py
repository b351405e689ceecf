"""The process as the command line starts it: killed anywhere it leaves the balances as they were, and runs again."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.entrypoints.rebuild import PART_BYTES_MIN

from tests.harness.processes import clean_environment

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)


class RebuildProcess:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.mark = None

    def news(self) -> dict:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {}

    def begin(self, entries: int, mark: object = None) -> None:
        self.mark = self.news()["mark"]
        header = {"mark": str(mark or self.mark), "entries": entries}
        self.process.stdin.write(json.dumps(header).encode() + b"\n")
        self.process.stdin.flush()

    def ends(self) -> tuple[int, str]:
        _, complaints = self.process.communicate(timeout=20)
        return self.process.returncode, complaints.decode()


@pytest.fixture
def rebuild_process(balances_database, cache, cache_url) -> Callable[..., Iterator[RebuildProcess]]:
    @contextmanager
    def start(**changes: str) -> Iterator[RebuildProcess]:
        told = clean_environment() | {
            "FLUXO_BALANCES_DATABASE_URL": balances_database.url,
            "FLUXO_BALANCES_MIGRATION_DATABASE_URL": balances_database.owner_url,
            "FLUXO_CACHE_URL": cache_url,
        }
        pipe = subprocess.PIPE
        argv = [sys.executable, "-m", "fluxo_balances", "rebuild"]
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=told | changes) as process:
            yield RebuildProcess(process)
            process.kill()

    return start


@pytest.fixture
def entries(recorded):
    return [recorded(f"m{n % 7}", DAY - timedelta(days=n % 90), credit=1 + n) for n in range(300)]


async def test_it_tells_the_mark_then_how_far_it_is_then_that_it_is_done(
    rebuild_process, replayed, entries, content, expected
):
    with rebuild_process() as rebuild:
        rebuild.begin(len(entries))
        assert rebuild.process.stdin.write(replayed(entries).lines)
        rebuild.process.stdin.close()
        news = [json.loads(line) for line in rebuild.process.stdout]
        assert rebuild.process.wait(10) == 0
    assert news == [{"replayed": 0, "entries": 300}, {"replayed": 300, "entries": 300}, {"rebuilt": 300}]
    assert await content() == expected(entries)


@pytest.mark.parametrize("loaded_parts", [None, 0, 1])
async def test_killed_at_any_point_it_changes_nothing_and_the_next_one_succeeds(
    rebuild_process, pool, recorded, replayed, entries, content, expected, loaded_parts
):
    projection = PostgresProjection(pool)
    await projection.apply(entries[:100])
    before = await content()
    many = entries * (PART_BYTES_MIN // len(replayed(entries).lines) + 1)
    with rebuild_process() as rebuild:
        if loaded_parts is None:
            assert rebuild.news()["mark"]
        else:
            rebuild.begin(10 * len(many))
            assert rebuild.news()["replayed"] == 0
            for _ in range(loaded_parts):
                rebuild.process.stdin.write(replayed(many).lines)
                rebuild.process.stdin.flush()
                assert rebuild.news()["replayed"] > 0
        rebuild.process.kill()
    assert await content() == before
    assert await projection.apply(entries[100:150]) == 50

    with rebuild_process() as rebuild:
        rebuild.begin(len(entries))
        rebuild.process.stdin.write(replayed(entries).lines)
        assert rebuild.ends() == (0, "")
    assert await content() == expected(entries)


async def test_a_replay_that_dies_in_the_middle_of_a_line_is_told_and_changes_nothing(
    rebuild_process, pool, replayed, entries, content
):
    await PostgresProjection(pool).apply(entries[:10])
    before = await content()
    with rebuild_process() as rebuild:
        rebuild.begin(len(entries))
        rebuild.process.stdin.write(replayed(entries).lines[:-5])
        status, complaint = rebuild.ends()
    assert status == 1
    assert complaint == "The rebuild failed: the replay broke off after 299 of 300 entries.\n"
    assert await content() == before
    assert await pool.fetchval("SELECT count(*) FROM rebuild") == 0


@pytest.mark.parametrize(
    ("replay", "told"),
    [
        (b"", "there was no replay."),
        (b"hello\n", "what came is no replay"),
        (json.dumps({"mark": str(UUID(int=7)), "entries": 0}).encode() + b"\n", "was not taken for this rebuild"),
    ],
)
async def test_what_is_no_replay_for_this_rebuild_is_refused(rebuild_process, replay, told):
    with rebuild_process() as rebuild:
        assert rebuild.news()["mark"]
        rebuild.process.stdin.write(replay)
        status, complaint = rebuild.ends()
    assert status == 1
    assert complaint.startswith("The rebuild failed: ")
    assert told in complaint


async def test_a_line_that_is_no_entry_changes_nothing(rebuild_process, pool, replayed, entries, content):
    before = await content()
    with rebuild_process() as rebuild:
        rebuild.begin(2)
        rebuild.process.stdin.write(replayed(entries[:1]).lines + b"not-an-id\tm\tcredit\n")
        status, complaint = rebuild.ends()
    assert status == 1
    assert complaint.startswith("The rebuild failed: ")
    assert await content() == before


async def test_a_second_one_is_refused_in_one_sentence(rebuild_process):
    with rebuild_process() as first:
        first.begin(0)
        with rebuild_process() as second:
            assert second.ends() == (1, "The rebuild failed: another rebuild is running.\n")
        assert first.ends() == (0, "")


async def test_the_application_role_may_not_rebuild(rebuild_process, balances_database):
    with rebuild_process(FLUXO_BALANCES_MIGRATION_DATABASE_URL=balances_database.url) as rebuild:
        status, complaint = rebuild.ends()
    assert status == 1
    assert "permission denied" in complaint


async def test_a_database_that_is_unavailable_is_told_without_its_password(rebuild_process):
    with rebuild_process(FLUXO_BALANCES_MIGRATION_DATABASE_URL="postgresql://x:secret@127.0.0.1:9/x") as rebuild:
        status, complaint = rebuild.ends()
    assert status == 1
    assert "secret" not in complaint


async def test_a_connection_that_is_cut_ends_it_and_changes_nothing(
    rebuild_process, balances_database, pool, entries, content
):
    await PostgresProjection(pool).apply(entries)
    before = await content()
    admin = await asyncpg.connect(balances_database.admin_url)
    with rebuild_process() as rebuild:
        rebuild.begin(1)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'balances-rebuild' AND datname = current_database()"
        )
        status, complaint = rebuild.ends()
    await admin.close()
    assert status == 1
    assert complaint.startswith("The rebuild failed: ")
    assert await content() == before
