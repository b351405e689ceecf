from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from services.entries.tests.fakes import FakeService
from services.entries.tests.one_app import app_over

FULL = "entries:read,entries:write"


class Api:
    """The HTTP API as one merchant's program sees it; a key is made up where none is given."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self._keys = 0

    async def get(self, path: str, **more) -> httpx2.Response:
        return await self._send("GET", path, **more)

    async def delete(self, path: str, **more) -> httpx2.Response:
        return await self._send("DELETE", path, **more)

    async def post(self, path: str, json=None, key: str | bytes | None = "", **more) -> httpx2.Response:
        self._keys += 1
        headers = {} if key is None else {"Idempotency-Key": key or f"made-up-{self._keys}"}
        # A given content stands for a body that no JSON library would write.
        body = {} if "content" in more else {"json": json}
        return await self._send("POST", path, headers=headers | more.pop("headers", {}), **body, **more)

    async def _send(
        self, method: str, path: str, *, merchant="padaria", scopes=FULL, headers=None, **more
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {merchant}/{scopes}"} | (headers or {})
        return await self.client.request(method, path, headers=headers, **more)


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def app(service):
    return app_over(service)


@asynccontextmanager
async def _api(app) -> AsyncIterator[Api]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://entries") as client:
        yield Api(client)


@pytest.fixture
async def api(app, virtual_time) -> AsyncIterator[Api]:
    async with _api(app) as api:
        yield api


@pytest.fixture
def new_api(virtual_time):
    """`async with new_api() as api`: a service of its own each time."""
    return lambda: _api(app_over(FakeService()))


@pytest.fixture
def sale() -> dict[str, str]:
    return {
        "direction": "credit",
        "amount": "150.00",
        "business_date": "2026-11-22",
        "description": "Venda balcão",
        "category": "vendas",
    }
