import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields

import httpx2
import pytest
from fastapi import FastAPI
from fluxo_chassis.health import Health
from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.entrypoints.http.app import create_entries_app

from services.entries.tests.fakes import FakeService, FakeVerifier

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


class StandIn:
    """Does what the use case does that it stands for at the time."""

    use_case = None

    async def __call__(self, *arguments, **named):
        return await self.use_case(*arguments, **named)

    def __getattr__(self, name):
        return getattr(self.use_case, name)


@functools.cache
def _app() -> tuple[FastAPI, ApiUseCases]:
    application = ApiUseCases(**{field.name: StandIn() for field in fields(ApiUseCases)})
    return create_entries_app(application, health=Health(), verifier=FakeVerifier()), application


def _app_over(service: FakeService) -> FastAPI:
    """Return the one application, with this service's use cases: to build one takes longer than to ask it."""
    app, stand_ins = _app()
    app.state.account.settle()
    for field in fields(ApiUseCases):
        getattr(stand_ins, field.name).use_case = getattr(service.use_cases, field.name)
    return app


@pytest.fixture
def app(service):
    return _app_over(service)


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
    return lambda: _api(_app_over(FakeService()))


@pytest.fixture
def sale() -> dict[str, str]:
    return {
        "direction": "credit",
        "amount": "150.00",
        "business_date": "2026-11-22",
        "description": "Venda balcão",
        "category": "vendas",
    }
