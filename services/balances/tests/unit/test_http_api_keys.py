import pytest

from services.balances.tests.unit.conftest import KEY_ID

pytestmark = pytest.mark.anyio


async def test_the_owner_sees_when_keys_were_used_here(service):
    service.as_merchant("m1", "api-keys:manage")
    answer = await service.http.get("/v1/api-key-uses")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert answer.json() == {"items": [{"id": str(KEY_ID), "last_used_at": "2026-11-22T14:32:10.123456Z"}]}
    service.as_merchant("m2", "api-keys:manage")
    assert (await service.http.get("/v1/api-key-uses")).json() == {"items": []}


async def test_who_only_reads_balances_does_not(service):
    assert (await service.http.get("/v1/api-key-uses")).status_code == 403
