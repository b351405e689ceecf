"""A journal, an outbox and a stream on real servers, and entries to put into them."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_chassis.postgres import open_pool
from fluxo_chassis.resilience import CircuitBreaker
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.publishing.stream_state import START
from fluxo_entries.application.recording.ports import Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ENTRY = Entry(
    id=Uuid7EntryIds().next(),
    merchant_id="padaria",
    direction=Direction.CREDIT,
    amount_minor=15_000,
    currency="BRL",
    business_date=date(2026, 11, 22),
    description="Venda balcão",
    category="vendas",
    reverses=None,
    recorded_at=datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC),
)


@pytest.fixture
def recording():
    """Make a recording: of its own key and body unless told otherwise."""
    ids = Uuid7EntryIds()

    def make(key=None, body=None, **changes):
        entry = ENTRY._replace(**{"id": ids.next(), **changes})
        key = key or str(entry.id)
        return Recording(
            entry=entry,
            idempotency_key=key,
            request_hash=hashlib.sha256((body or key).encode()).digest(),
            traceparent=TRACEPARENT,
        )

    return make


@pytest.fixture
async def pool(entries_database):
    async with await open_pool(entries_database.url, application_name="test") as pool:
        yield pool


@pytest.fixture
async def api_pool(entries_database):
    """As the API's role."""
    async with await open_pool(entries_database.api_url, application_name="test-api") as pool:
        yield pool


@pytest.fixture
async def committer(entries_database):
    async with GroupCommitter(entries_database.api_url, "test-append", CircuitBreaker("test-append")) as committer:
        yield committer


@pytest.fixture
def journal(api_pool, committer):
    return PostgresJournal(api_pool, committer)


@pytest.fixture
def outbox(pool):
    return PostgresOutbox(pool, keep=timedelta(hours=24))


@pytest.fixture
def everything_after(outbox):
    """Read that many rows; others' transactions on the same server may hold the horizon for a moment."""

    async def read(position=START, *, rows):
        async with asyncio.timeout(60):
            while len(found := await outbox.rows_after(position, 10_000)) < rows:
                await asyncio.sleep(0.005)
        return found

    return read


@pytest.fixture
def stream(streams_client):
    return RedisEntriesStream(streams_client)
