"""What recording promises at its ports, kept by PostgreSQL and by the tests' own memory: each case runs on both."""

from dataclasses import replace

import pytest
from fluxo_entries.adapters.postgres.books import PostgresBooks
from fluxo_entries.adapters.postgres.day_closes import PostgresDayCloses
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.import_lines import PostgresImportLines
from fluxo_entries.adapters.postgres.imports import PostgresImports
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.application.publishing.stream_state import XID_BITS, StreamPosition

from services.entries.tests.fake_imports import FakeBooks, FakeImportLines, FakeImports
from services.entries.tests.fakes import FakeDayCloses, FakeEntries, FakeJournal, FakeMerchants, Memory


@pytest.fixture(params=["memory", "postgres"])
def storage(request):
    return request.param


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def journal(storage, memory, request):
    if storage == "memory":
        return FakeJournal(memory)
    return PostgresJournal(request.getfixturevalue("api_pool"), request.getfixturevalue("committer"))


@pytest.fixture
def merchants(storage, memory, request):
    return FakeMerchants(memory) if storage == "memory" else PostgresMerchants(request.getfixturevalue("api_pool"))


@pytest.fixture
def entries(storage, memory, request):
    return FakeEntries(memory) if storage == "memory" else PostgresEntries(request.getfixturevalue("api_pool"))


@pytest.fixture
def imports(storage, memory, request):
    return FakeImports(memory) if storage == "memory" else PostgresImports(request.getfixturevalue("api_pool"))


@pytest.fixture
def import_lines(storage, memory, request):
    if storage == "memory":
        return FakeImportLines(memory)
    pool = request.getfixturevalue("api_pool")
    return PostgresImportLines(pool, pool)


@pytest.fixture
def books(storage, memory, request):
    return FakeBooks(memory) if storage == "memory" else PostgresBooks(request.getfixturevalue("api_pool"))


@pytest.fixture
def day_closes(storage, memory, request):
    return FakeDayCloses(memory) if storage == "memory" else PostgresDayCloses(request.getfixturevalue("api_pool"))


@pytest.fixture
def guard(storage, memory, request):
    """Refuse entries up to a day, as a close does that is not done yet."""

    async def set_guard(day):
        if storage == "memory":
            memory.merchants["padaria"] = replace(memory.merchant("padaria"), closed_through=day)
        else:
            pool = request.getfixturevalue("api_pool")
            async with pool.acquire() as connection:
                await PostgresDayCloses(pool)._guard(connection, "padaria", day)

    return set_guard


@pytest.fixture
def acknowledged(storage, request):
    """Let all that is recorded up to now count as consolidated."""
    outbox = None if storage == "memory" else request.getfixturevalue("outbox")

    async def note():
        if outbox is not None:
            await outbox.note_acknowledged(StreamPosition((2 << XID_BITS) - 1, 0))

    return note
