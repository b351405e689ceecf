"""The read model, real and in memory, and entries to put into it."""

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest
from fluxo_balances.application.projecting.ports import RecordedEntry
from fluxo_balances.domain.inbox import lowest_id
from fluxo_chassis.postgres import open_pool

from services.balances.tests.fakes import MemoryCache, MemoryConsolidation, MemoryPositions, MemoryReadModel


@pytest.fixture
def uuid7() -> Callable[[datetime], UUID]:
    """An entry id made at an instant."""
    return lambda at: UUID(int=lowest_id(at).int | 7 << 76 | 2 << 62 | secrets.randbits(62))


@pytest.fixture
def recorded(uuid7) -> Callable[..., RecordedEntry]:
    """An entry of now: `recorded("m1", day, credit=100)`."""

    def build(
        merchant_id: str,
        day: date,
        *,
        credit: int = 0,
        debit: int = 0,
        at: datetime | None = None,
        category: str | None = None,
    ):
        at = at or datetime.now(UTC)
        return RecordedEntry(uuid7(at), merchant_id, day, credit, debit, "BRL", at, category)

    return build


@pytest.fixture
async def pool(balances_database) -> AsyncIterator[asyncpg.Pool]:
    """The read model, as the application's role."""
    pool = await open_pool(balances_database.url, application_name="tests", max_size=20)
    yield pool
    await pool.close()


@pytest.fixture
async def api_pool(balances_database) -> AsyncIterator[asyncpg.Pool]:
    """The same as the API's role."""
    pool = await open_pool(balances_database.api_url, application_name="tests-api", max_size=20)
    yield pool
    await pool.close()


@pytest.fixture
def memory_read_model() -> MemoryReadModel:
    return MemoryReadModel()


@pytest.fixture
def memory_cache() -> MemoryCache:
    return MemoryCache()


@pytest.fixture
def memory_consolidation() -> MemoryConsolidation:
    return MemoryConsolidation()


@pytest.fixture
def memory_positions() -> MemoryPositions:
    return MemoryPositions()
