"""The pages over the balances service's own application in memory, as a browser sees them; entries are away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

import httpx2
import pytest
import time_machine
from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.domain.daily_balance import MerchantState
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_chassis.auth import Principal
from fluxo_chassis.process import SystemClock
from fluxo_chassis.resilience import Bulkhead
from fluxo_dashboard.sign_in.session import new_session
from starlette.responses import Response

from services.balances.tests.fakes import (
    MemoryApiKeyUses,
    MemoryCache,
    MemoryConsolidation,
    MemoryPositions,
    MemoryReadModel,
)
from services.balances.tests.one_app import app_over
from tests.harness.page import COOKIE, ORIGIN, Service, page_over, text_of

NOON_IN_SAO_PAULO = datetime(2026, 11, 28, 15, tzinfo=UTC)


class Books(MemoryReadModel):
    """What one merchant's balances are made of, in a currency."""

    currency = "BRL"
    merchant_id = ""

    def add(self, day: str, *, credit: int = 0, debit: int = 0, category: str | None = None) -> None:
        super().add(self.merchant_id, date.fromisoformat(day), credit=credit, debit=debit, category=category)

    def _merchant_state(self, merchant_id: str) -> MerchantState:
        return MerchantState(self.currency, super()._merchant_state(merchant_id).as_of)


class Verifier:
    async def verify(self, token: str) -> Principal:
        return Principal(token.partition("/")[0], "ana", frozenset({"balances:read"}), "owner")

    def remembered(self, _token: str) -> None:
        return None


@dataclass
class Reader:
    """Somebody who reads pages: without their tags, unless asked for."""

    client: httpx2.AsyncClient

    async def read(self, path: str, *, language: str = "pt-BR", is_part: bool = False) -> str:
        return text_of(await self.html(path, language=language, is_part=is_part))

    async def html(self, path: str, *, language: str = "pt-BR", is_part: bool = False) -> str:
        headers = {"Accept-Language": language} | ({"HX-Request": "true"} if is_part else {})
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON_IN_SAO_PAULO, tick=False):
        yield


@pytest.fixture
def books() -> Books:
    made = Books()
    made.merchant_id = f"padaria-{uuid4().hex}"
    return made


@pytest.fixture
def balances(books) -> Service:
    cache = MemoryCache(is_unavailable=True)  # what a test adds counts at once
    bulkhead = Bulkhead("reads", running_max=4, waiting_max=4, wait_max_s=1.0)
    answers = AnswerCache(cache, bulkhead, bulkhead, database_is_unavailable=lambda: False)
    use_cases = ApiUseCases(
        get_daily_balance=GetDailyBalance(books),
        get_daily_balances=GetDailyBalances(books),
        get_category_totals=GetCategoryTotals(books),
        await_entry=AwaitEntry(MemoryConsolidation(), answers, SystemClock()),
        follow_changes=FollowChanges(MemoryPositions(), answers),
        list_api_key_uses=ListApiKeyUses(MemoryApiKeyUses()),
    )
    return Service(app_over(use_cases, answers, Verifier()))


@pytest.fixture
def entries() -> Service:
    return Service()


@pytest.fixture
async def reader(books, balances, entries) -> AsyncIterator[Reader]:
    given = Response()
    COOKIE.write(given, new_session(books.merchant_id, "ana", "owner"))
    name, _, value = given.headers["set-cookie"].partition(";")[0].partition("=")
    async with (
        page_over(entries=entries, balances=balances) as app,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=ORIGIN, cookies={name: value}, follow_redirects=True
        ) as client,
    ):
        yield Reader(client)
