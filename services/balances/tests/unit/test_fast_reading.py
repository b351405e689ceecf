"""A day by the fast path and by the slow one: the same bytes, whatever is asked and whatever goes wrong."""

import asyncio
import re

import pytest
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.entrypoints.http.fast_reading import FastReading
from fluxo_chassis.resilience import current_tenant
from fluxo_chassis.resilience.rate_limits import RateLimits

from libs.chassis.tests.things import LAST, OverAWire, get, without_chance
from services.balances.tests.fakes import MemoryCache, MemoryReadModel

pytestmark = pytest.mark.anyio

DAY = "/v1/daily-balances/2026-11-22"


class Failing:
    """A read model that has none of what it is asked for."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.tenants = []

    async def day(self, merchant_id, day):
        self.tenants.append(current_tenant.get())
        if self.error is not None:
            raise self.error
        await asyncio.sleep(4)


@pytest.fixture
def ways(service, november, memory_read_model, monkeypatch):
    """`ways(limits)`: the slow way and the fast one; both find the cache empty."""

    def made(limits=None, balances=None):
        if balances is not None:
            monkeypatch.setattr(MemoryReadModel, "day", lambda _self, *given: balances.day(*given))
        get_daily_balance = GetDailyBalance(memory_read_model)
        fast = FastReading(get_daily_balance, service.answers, service.issuer, limits)
        service.app.state.rate_limits = limits
        return OverAWire(service.app, None), OverAWire(service.app, fast)

    monkeypatch.setattr(MemoryCache, "look_up", _nothing)
    return made


async def _nothing(*_given):
    return None, b"lease"


@pytest.fixture
def token(service):
    return f"Authorization: {service.http.headers['Authorization']}"


@pytest.mark.parametrize(
    ("target", "headers", "begun"),
    [
        (DAY, (), 1),
        ("/v1/daily-balances/2026-10-01", (), 1),
        (DAY, ("X-Request-Id: order-7",), 1),
        (DAY, ('If-None-Match: "other"',), 1),
        (DAY, ("If-None-Match: *",), 1),
        (DAY, ("If-None-Match: {tag}",), 1),
        (DAY, ("If-None-Match: {tag}", 'If-None-Match: "other"'), 0),
        ("/v1/daily-balances/2026-11-31", (), 0),
        ("/v1/daily-balances/1899-12-31", (), 0),
        (f"{DAY}?after_entry=x", (), 0),
        (f"{DAY}?x=1", (), 0),
        (f"{DAY}/", (), 0),
        ("/v1/daily-balances", (), 0),
        (DAY, ("Content-Length: 0",), 0),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nobody_can_tell_the_two_ways_apart(ways, token, target, headers, begun, method):
    slow, fast = ways()
    tag = re.search(rb'etag: ("[^"]*")', await slow.answer([get(DAY, token)]))[1].decode()
    request = get(target, token, *(header.format(tag=tag) for header in headers), method=method)
    expected = await slow.answer([request, get(DAY, token), LAST])
    assert without_chance(await fast.answer([request, get(DAY, token), LAST])) == without_chance(expected)
    assert fast.begun == begun + 1
    assert fast.faults == []


@pytest.mark.parametrize("given", ["", "Authorization: Bearer unknown", "Authorization: Basic x"])
async def test_who_is_not_known_goes_the_slow_path(ways, service, given):
    _, fast = ways()
    assert fast.caller(b"GET", DAY.encode(), {b"authorization": given.partition(": ")[2].encode()}) is None
    service.as_merchant("m1", "entries:read")
    writer = service.http.headers["Authorization"].encode()
    assert fast.caller(b"GET", DAY.encode(), {b"authorization": writer}) is None


async def test_another_method_goes_the_slow_path(ways, token):
    _, fast = ways()
    assert fast.caller(b"POST", DAY.encode(), {b"authorization": token.partition(": ")[2].encode()}) is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("error", [ReadModelUnavailableError(), LookupError("nobody expects it")])
async def test_what_goes_wrong_is_told_as_on_the_slow_path(ways, token, error, method):
    slow, fast = ways(balances=Failing(error))
    request = get(DAY, token, method=method)
    answer = await fast.answer([request])
    assert fast.begun == 1
    assert without_chance(answer) == without_chance(await slow.answer([request]))


async def test_a_read_that_is_broken_off_has_an_answer_too(ways, token, service, monkeypatch):
    async def broken_off(*_given, **_how):
        raise asyncio.CancelledError

    _, fast = ways()
    monkeypatch.setattr(service.answers, "get", broken_off)
    assert (await fast.answer([get(DAY, token)])).startswith(b"HTTP/1.1 503 ")


async def test_what_takes_too_long_is_given_up_as_on_the_slow_path(ways, token, virtual_time):
    slow, fast = ways(balances=Failing(None))
    answer = await fast.answer([get(DAY, token)])
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert without_chance(answer) == without_chance(await slow.answer([get(DAY, token)]))


async def test_it_takes_its_merchants_turn(ways, token):
    balances = Failing(ReadModelUnavailableError())
    _, fast = ways(balances=balances)
    await fast.answer([get(DAY, token)])
    assert balances.tenants == ["m1"]


async def test_who_asks_for_too_much_is_told_so_by_the_slow_path(ways, token):
    _, fast = ways(RateLimits(1, clock=lambda: 0.0))
    answers = await fast.answer([get(DAY, token)] * 3)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"429", b"429"]
