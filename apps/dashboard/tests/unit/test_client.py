"""A service that is killed as it is asked is one that cannot be reached, whatever the HTTP client makes of it."""

import httpx2
import pytest
from fluxo_dashboard.services.client import ServiceClient, ServiceUnavailableError

pytestmark = pytest.mark.anyio

PATH = "/v1/daily-balances"


async def killed(_request):
    # What uvloop and anyio make of it (`fluxo_chassis.http.outgoing`).
    return None.getpeername()  # type: ignore[attr-defined]


@pytest.fixture
async def service():
    async with ServiceClient("balances", "http://balances", transport=httpx2.MockTransport(killed)) as client:
        yield client


async def test_whoever_asks_is_told_and_the_breaker_hears_of_it(service):
    while service.breaker.state == "closed":
        with pytest.raises(ServiceUnavailableError):
            await service.get(PATH, "token")
    with pytest.raises(ServiceUnavailableError):
        await service.post(PATH, "token", {}, idempotency_key=None)


async def test_who_takes_a_file_is_told(service):
    with pytest.raises(ServiceUnavailableError):
        await service.download(PATH, "token", within_s=1.0)


async def test_who_follows_an_endless_answer_tries_again(service):
    with pytest.raises(httpx2.HTTPError):
        async with service.stream(PATH, "token", {}):
            pass
