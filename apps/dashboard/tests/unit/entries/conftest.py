"""The pages over the entries service's own application in memory, as a browser sees them; balances are away."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest
import time_machine
from fluxo_dashboard.sign_in.session import new_session
from starlette.responses import Response

from services.entries.tests.fakes import FakeService
from services.entries.tests.one_app import app_over
from tests.harness.page import COOKIE, ORIGIN, Service, page_over

NOON_IN_SAO_PAULO = datetime(2026, 11, 22, 15, 0, 0, 123456, tzinfo=UTC)


class Browser:
    """One person at the page. A page's text is what is read there: without tags."""

    def __init__(self, app, merchant_id: str, role: str, language: str) -> None:
        session = new_session(merchant_id, "ana", role)
        given = Response()
        COOKIE.write(given, session)
        self.form_token = COOKIE.form_token(session)
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url=ORIGIN,
            headers={
                "Accept-Language": language,
                "Cookie": given.headers["set-cookie"].partition(";")[0],
                "Sec-Fetch-Site": "same-origin",
            },
        )

    async def get(self, path: str, *, part: bool = False) -> httpx2.Response:
        return await self.client.get(path, headers={"HX-Request": "true"} if part else {})

    async def post(self, path: str, fields: dict[str, str], *, part: bool = False) -> httpx2.Response:
        headers = {"HX-Request": "true"} if part else {}
        return await self.client.post(path, data={"form_token": self.form_token, **fields}, headers=headers)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON_IN_SAO_PAULO, tick=False):
        yield


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def entries(service) -> Service:
    return Service(app_over(service))


@pytest.fixture
def merchant_id() -> str:
    return f"padaria-{uuid4().hex}"


@pytest.fixture
def record(entries, merchant_id):
    """Record an entry as a program would, and return it."""
    client = httpx2.AsyncClient(transport=entries, base_url="http://entries")

    async def record(of: str = merchant_id, **changes) -> dict:
        entry = {"direction": "credit", "amount": "1234.50", "description": "Venda balcão", **changes}
        headers = {"Authorization": f"Bearer {of}/entries:write", "Idempotency-Key": uuid4().hex}
        answer = await client.post("/v1/entries", json=entry, headers=headers)
        entries.asked.clear()
        return answer.json()

    return record


@pytest.fixture
async def open_browser(entries, merchant_id) -> AsyncIterator:
    async with page_over(entries=entries, balances=Service()) as app:
        yield lambda of=merchant_id, role="owner", language="pt-BR": Browser(app, of, role, language)


@pytest.fixture
def browser(open_browser) -> Browser:
    return open_browser()
