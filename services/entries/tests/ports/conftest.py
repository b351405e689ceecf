"""What recording promises at its ports, kept by PostgreSQL and by the tests' own memory: each case runs on both."""

import pytest
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants

from services.entries.tests.fakes import FakeEntries, FakeJournal, FakeMerchants, Memory


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
