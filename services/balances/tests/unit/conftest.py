"""The API over the in-memory stand-ins, without a network."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

import httpx2
import pytest
from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.application.reading.ports import ApiKeyUse
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_chassis.auth import Principal
from fluxo_chassis.process import SystemClock
from fluxo_chassis.resilience import Bulkhead

from services.balances.tests.fakes import AS_OF, MemoryApiKeyUses
from services.balances.tests.one_app import app_over

KEY_ID = UUID("019ac5a0-0000-7000-8000-000000000001")


@dataclass
class Issuer:
    """Takes any token that it was told of."""

    principals: dict[str, Principal] = field(default_factory=dict)

    def token(self, merchant_id: str, *scopes: str, role: str = "owner") -> str:
        token = uuid4().hex
        self.principals[token] = Principal(merchant_id, "someone", frozenset(scopes), role)
        return token

    async def verify(self, token: str) -> Principal:
        return self.principals[token]

    def remembered(self, token: str) -> Principal | None:
        return self.principals.get(token)


@dataclass
class Service:
    http: httpx2.AsyncClient
    issuer: Issuer
    app: object
    answers: AnswerCache
    follow_changes: FollowChanges
    database_is_unavailable: bool = False

    def as_merchant(self, merchant_id: str, *scopes: str, role: str = "owner") -> None:
        token = self.issuer.token(merchant_id, *(scopes or ("balances:read",)), role=role)
        self.http.headers["Authorization"] = f"Bearer {token}"


@pytest.fixture
async def service(
    memory_read_model, memory_cache, memory_consolidation, memory_positions, virtual_time
) -> AsyncIterator[Service]:
    bulkhead = Bulkhead("reads", running_max=1, waiting_max=1, wait_max_s=0.05)
    answers = AnswerCache(
        memory_cache, bulkhead, bulkhead, database_is_unavailable=lambda: service.database_is_unavailable
    )
    use_cases = ApiUseCases(
        get_daily_balance=GetDailyBalance(memory_read_model),
        get_daily_balances=GetDailyBalances(memory_read_model),
        get_category_totals=GetCategoryTotals(memory_read_model),
        await_entry=AwaitEntry(memory_consolidation, answers, SystemClock()),
        follow_changes=FollowChanges(memory_positions, answers),
        list_api_key_uses=ListApiKeyUses(MemoryApiKeyUses({"m1": [ApiKeyUse(KEY_ID, AS_OF)]})),
    )
    issuer = Issuer()
    app = app_over(use_cases, answers, issuer)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://balances") as http:
        service = Service(http, issuer, app, answers, use_cases.follow_changes)
        service.as_merchant("m1")
        yield service


@pytest.fixture
def november(memory_read_model) -> None:
    memory_read_model.add("m1", date(2026, 10, 3), credit=10_000)
    memory_read_model.add("m1", date(2026, 11, 22), credit=15_000)
    memory_read_model.add("m1", date(2026, 11, 22), debit=2_000)
    memory_read_model.add("m2", date(2026, 11, 22), credit=99_900)
