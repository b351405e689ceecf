"""The API process as it is deployed, on real servers; its ways to them can be cut."""

import asyncio
from contextlib import suppress
from datetime import date

import httpx2
import pytest
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis import near_answers
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache

from tests.harness.proxy import Weather

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
URL = "/v1/daily-balances/2026-11-22"


async def until(ask, *, status: int | None = None, cache_status: str | None = None, **checks: str) -> httpx2.Response:
    """Ask until the answer is the one waited for; `checks` are of `/health`."""
    async with asyncio.timeout(60):
        while True:
            with suppress(httpx2.TransportError):
                answer = await ask()
                if (
                    status in (None, answer.status_code)
                    and cache_status in (None, answer.headers.get("cache-status"))
                    and all(answer.json()["checks"][name][0]["status"] == seen for name, seen in checks.items())
                ):
                    return answer
            await asyncio.sleep(0.02)


async def test_a_balance_survives_its_database(api, database_proxy, pool, recorded, punctual_clock):
    await PostgresProjection(pool).apply([recorded("m1", DAY, credit=15_000)])
    fresh = await api.get(URL)
    assert fresh.json()["closing_balance"] == "150.00"
    assert fresh.headers["cache-status"] == "fluxo; fwd=miss; stored"

    database_proxy.change(Weather.CUT)
    stale = await until(lambda: api.get(URL), cache_status="fluxo; hit; detail=stale")
    assert stale.json() == fresh.json() | {"stale": True}
    assert (await api.get("/health/ready")).status_code == 200
    assert (await api.get("/health")).json()["checks"]["database"][0]["status"] == "fail"

    started = punctual_clock()
    unknown = await api.get("/v1/daily-balances/2026-11-23")
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "1")
    assert punctual_clock() - started < 1

    database_proxy.clear()
    healed = await until(lambda: api.get(URL), cache_status="fluxo; hit")
    assert healed.content == fresh.content


async def test_a_database_that_vanishes_between_two_checks_is_unavailable_and_no_error(api, database_proxy):
    database_proxy.change(Weather.CUT)
    answer = await api.get(URL)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")


async def test_a_database_that_hangs_is_given_up_within_seconds_and_then_at_once(api, database_proxy, punctual_clock):
    database_proxy.change(Weather.HELD)
    for wait_max_s in (1.8, 0.2):
        started = punctual_clock()
        answer = await api.get(URL)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert punctual_clock() - started < wait_max_s
        await until(lambda: api.get("/health"), database="fail")
    database_proxy.clear()
    await until(lambda: api.get(URL), status=200)


async def test_a_cache_that_hangs_slows_a_few_reads_and_harms_none(api, cache_proxy, punctual_clock):
    cache_proxy.change(Weather.HELD)
    started = punctual_clock()
    answers = [await api.get(URL) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["cache-status"] for answer in answers} == {"fluxo; fwd=miss"}
    assert punctual_clock() - started < 3
    cache_proxy.clear()
    await until(lambda: api.get(URL), cache_status="fluxo; hit")


async def test_it_is_ready_with_its_database_or_its_cache_but_not_without_both(api, database_proxy, cache_proxy):
    cache_proxy.change(Weather.CUT)
    await until(lambda: api.get("/health"), cache="fail")
    assert (await api.get("/health/ready")).status_code == 200
    database_proxy.change(Weather.CUT)
    await until(lambda: api.get("/health/ready"), status=503)
    assert (await api.get("/health/live")).status_code == 200
    cache_proxy.clear()
    await until(lambda: api.get("/health/ready"), status=200)


async def test_your_own_write_is_read_as_soon_as_it_is_applied(api, pool, cache_client, recorded):
    first, second = recorded("m1", DAY, credit=100), recorded("m1", DAY, credit=50)
    projection = PostgresProjection(pool)
    await projection.apply([first])
    await api.get(URL)

    waiting = asyncio.create_task(api.get(URL, params={"after_entry": str(second.id)}))
    await asyncio.sleep(0.05)
    await projection.apply([second])
    answer = await waiting
    assert answer.json()["closing_balance"] == "1.50"

    await RedisBalanceCache(cache_client).invalidate(["m1"])
    assert (await api.get(URL)).content == answer.content


async def test_the_fast_path_and_the_ordinary_one_answer_alike(api, monkeypatch):
    """`TE` sends a request the slow path. Both find the answer in this process."""
    monkeypatch.setattr(near_answers, "LIFETIME_S", 600)
    await until(lambda: api.get(URL), cache_status="fluxo; hit")
    tag = (await api.get(URL)).headers["etag"]
    for method in ("GET", "HEAD"):
        for condition in ({}, {"If-None-Match": tag}, {"If-None-Match": '"other"'}):
            headers = {**condition, "X-Request-Id": "order-7"}
            short, ordinary = await both_ways(api, method, headers)
            assert (short.status_code, short.content) == (ordinary.status_code, ordinary.content)
            assert without_date(short) == without_date(ordinary)


async def both_ways(
    api: httpx2.AsyncClient, method: str, headers: dict[str, str]
) -> tuple[httpx2.Response, httpx2.Response]:
    """Return two answers that this process held: on a busy machine it may lose its cache, and what it held, between."""
    async with asyncio.timeout(60):
        while True:
            hits = await lookups(api, "hit")
            short = await api.request(method, URL, headers=headers)
            ordinary = await api.request(method, URL, headers={**headers, "TE": "trailers"})
            if await lookups(api, "hit") == hits + 2:
                return short, ordinary


def without_date(answer: httpx2.Response) -> list[tuple[bytes, bytes]]:
    assert "date" in answer.headers
    return [header for header in answer.headers.raw if header[0].lower() != b"date"]


async def lookups(api: httpx2.AsyncClient, outcome: str) -> float:
    found = (await api.get("/metrics")).text.partition(f'balance_near_cache_lookups_total{{outcome="{outcome}"}} ')[2]
    return float(found.split()[0])


async def test_your_own_write_is_not_hidden_by_what_this_process_holds(api, pool, recorded):
    projection = PostgresProjection(pool)
    for number in range(1, 30):
        await until(lambda: api.get(URL), cache_status="fluxo; hit")
        await api.get(URL)
        entry = recorded("m1", DAY, credit=100)
        await projection.apply([entry])
        for params in ({"after_entry": str(entry.id)}, {}):
            assert (await api.get(URL, params=params)).json()["entry_count"] == number
