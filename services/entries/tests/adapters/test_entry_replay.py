"""A replay tells all entries of one moment, in the contract's form."""

import asyncio
import io
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from fluxo_contracts.replay import REPLAY_COLUMNS, decode_header
from fluxo_entries.adapters.postgres.entry_replay import PostgresEntryReplay
from fluxo_entries.application.totals.ports import BesideEntries
from fluxo_entries.application.totals.replay_entries import ReplayEntries
from fluxo_entries.domain.direction import Direction
from fluxo_entries.entrypoints.replay import write_replay

from tests.harness.processes import clean_environment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connection(entries_database):
    settings = {"timezone": "UTC", "datestyle": "ISO"}
    connection = await asyncpg.connect(entries_database.url, server_settings=settings)
    yield connection
    await connection.close()


def rows(lines: bytes) -> list[dict[str, str]]:
    return [dict(zip(REPLAY_COLUMNS, line.split("\t"), strict=True)) for line in lines.decode().splitlines()]


async def test_the_header_counts_the_entries_and_each_is_a_line(connection, journal, recording):
    first = recording(merchant_id="padaria", recorded_at=datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC))
    second = recording(merchant_id="a.b:c-d_E", direction=Direction.DEBIT, amount_minor=1)
    await journal.append(first)
    await journal.append(second)
    out, mark = io.BytesIO(), uuid4()

    await write_replay(ReplayEntries(PostgresEntryReplay(connection)), mark, out)

    header, _, lines = out.getvalue().partition(b"\n")
    assert decode_header(header).mark == mark
    assert decode_header(header).entries == 2
    by_id = {row["id"]: row for row in rows(lines)}
    assert by_id[str(first.entry.id)] == {
        "id": str(first.entry.id),
        "merchant_id": "padaria",
        "direction": "credit",
        "amount_minor": "15000",
        "currency": "BRL",
        "business_date": "2026-11-22",
        "recorded_at": "2026-11-22 14:32:10.123456+00",
        "category": "vendas",
    }
    assert by_id[str(second.entry.id)]["direction"] == "debit"


ONE_MORE = """
INSERT INTO entries (id, merchant_id, direction, amount_minor, currency, business_date, description, recorded_at)
SELECT gen_random_uuid(), merchant_id, direction, amount_minor, currency, business_date, description, recorded_at
FROM entries
"""


async def test_what_is_recorded_while_it_runs_belongs_to_the_next_one(connection, entries_database, journal, recording):
    await journal.append(recording())

    async def record() -> None:
        other = await asyncpg.connect(entries_database.url)
        await other.execute(ONE_MORE)
        await other.close()

    counted, told = [], []

    def begin(beside: BesideEntries) -> None:
        counted.append(beside.entries)
        # Committed before the first line is read.
        recording_thread = threading.Thread(target=lambda: asyncio.run(record()))
        recording_thread.start()
        recording_thread.join()

    async def write(lines: bytes) -> None:
        told.append(lines)

    replay = PostgresEntryReplay(connection)
    for expected in (1, 2):
        told.clear()
        await replay.replay(begin, write)
        assert len(rows(b"".join(told))) == expected
    assert counted == [1, 2]


def replay_process(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-m", "fluxo_entries", "replay", *arguments]
    return subprocess.run(argv, env=clean_environment() | variables, capture_output=True, check=False, timeout=100)


async def test_the_process_prints_the_mark_it_was_given(entries_database, journal, recording):
    await journal.append(recording())
    mark = str(uuid4())
    ended = replay_process("--mark", mark, FLUXO_ENTRIES_DATABASE_URL=entries_database.url)
    assert ended.returncode == 0, ended.stderr
    header, _, lines = ended.stdout.partition(b"\n")
    assert json.loads(header) == {"mark": mark, "entries": 1}
    assert len(rows(lines)) == 1


async def test_the_process_says_in_a_sentence_that_the_database_is_unavailable():
    ended = replay_process("--mark", str(uuid4()), FLUXO_ENTRIES_DATABASE_URL="postgresql://x:secret@127.0.0.1:9/x")
    assert ended.returncode == 1
    assert ended.stderr.startswith(b"The entries cannot be replayed: ")
    assert b"secret" not in ended.stderr
