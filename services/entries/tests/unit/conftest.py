import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fluxo_chassis.auth import Principal, refused
from fluxo_chassis.health import Health
from fluxo_entries.entrypoints.http.app import create_entries_app

FULL = "entries:read,entries:write"


def _load(name: str):
    """Tests are no package: a module beside them is loaded by its file."""
    spec = importlib.util.spec_from_file_location(f"fluxo_entries_unit_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fakes = _load("fakes")


class FakeVerifier:
    """Takes tokens such as `padaria/entries:read,entries:write`."""

    async def verify(self, token: str) -> Principal:
        merchant_id, separator, scopes = token.partition("/")
        if not separator:
            raise refused("The token is malformed.")
        return Principal(merchant_id, "ana", frozenset(scopes.split(",")), "owner")


class Api:
    """The HTTP API as one merchant's program sees it; a key is made up where none is given."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self._keys = 0

    async def get(self, path: str, **more) -> httpx2.Response:
        return await self._send("GET", path, **more)

    async def post(self, path: str, json=None, key: str | bytes | None = "", **more) -> httpx2.Response:
        self._keys += 1
        headers = {} if key is None else {"Idempotency-Key": key or f"made-up-{self._keys}"}
        # A given content stands for a body that no JSON library would write.
        body = {} if "content" in more else {"json": json}
        return await self._send("POST", path, headers=headers | more.pop("headers", {}), **body, **more)

    async def patch(self, path: str, json) -> httpx2.Response:
        return await self._send("PATCH", path, json=json)

    async def _send(
        self, method: str, path: str, *, merchant="padaria", scopes=FULL, headers=None, **more
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {merchant}/{scopes}"} | (headers or {})
        return await self.client.request(method, path, headers=headers, **more)


@pytest.fixture
def service():
    return fakes.FakeService()


@pytest.fixture
def app(service):
    return create_entries_app(service.application, health=Health(), verifier=FakeVerifier())


@asynccontextmanager
async def _api(app) -> AsyncIterator[Api]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://entries") as client:
        yield Api(client)


@pytest.fixture
async def api(app, anyio_backend) -> AsyncIterator[Api]:
    async with _api(app) as api:
        yield api


@pytest.fixture
def new_api():
    """`async with new_api() as api`: a service of its own each time."""
    return lambda: _api(create_entries_app(fakes.FakeService().application, health=Health(), verifier=FakeVerifier()))


@pytest.fixture
def sale() -> dict[str, str]:
    return {
        "direction": "credit",
        "amount": "150.00",
        "business_date": "2026-11-22",
        "description": "Venda balcão",
        "category": "vendas",
    }
