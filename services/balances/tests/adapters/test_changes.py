"""Changes, from the projector's commit to a page, by the API as it is deployed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.postgres.projection_sql import NOTIFIED_ENTRIES_MAX

from tests.harness.proxy import Weather

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
PATH = "/v1/daily-balances/changes"
URL = "/v1/daily-balances/2026-11-22"


@asynccontextmanager
async def following(api, last_event_id: str = "") -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """Follow the changes: events as they come, by field."""
    async with api.stream("GET", PATH, headers={"Last-Event-ID": last_event_id}, timeout=60) as answer:
        assert answer.status_code == 200
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif "event" in event:
            yield event
            event = {}
        else:
            event = {}


@pytest.mark.parametrize("entries", [1, NOTIFIED_ENTRIES_MAX + 1])
async def test_what_is_applied_is_told_by_its_notification_and_read_anew(api, pool, recorded, punctual_clock, entries):
    projection = PostgresProjection(pool)
    async with following(api) as events:
        assert (await anext(events))["data"] == '{"as_of":null}'
        for number in range(1, 4):
            await api.get(URL)  # an answer that is kept: nobody but the API itself removes it here
            batch = [recorded("m1", DAY, credit=100) for _ in range(entries)]
            began = punctual_clock()
            await projection.apply([*batch, recorded("m2", DAY, credit=1)])
            event = await anext(events)
            assert punctual_clock() - began < 1
            assert event["event"] == "changed"
            day = (await api.get(URL)).json()
            assert day["entry_count"] == number * entries
            assert event["data"] == f'{{"as_of":"{day["as_of"]}"}}'


async def test_a_page_comes_back_to_where_it_was(api, pool, recorded):
    projection = PostgresProjection(pool)
    await projection.apply([recorded("m1", DAY, credit=1)])
    async with following(api) as events:
        known = (await anext(events))["id"]
    async with following(api, known) as events:
        await projection.apply([recorded("m1", DAY, credit=1)])
        new = (await anext(events))["id"]
        assert new != known
    async with following(api, known) as events:
        assert (await anext(events))["id"] == new


async def test_what_is_applied_while_the_connection_is_lost_is_told_when_it_is_back(
    api, database_proxy, pool, recorded, punctual_clock
):
    async with following(api) as events:
        known = (await anext(events))["id"]
        began = punctual_clock()
        database_proxy.change(Weather.CUT)
        assert await anext(events) == {"event": "unavailable", "data": "{}"}
        await PostgresProjection(pool).apply([recorded("m1", DAY, credit=1)])
        database_proxy.clear()
        assert (await anext(events))["id"] != known
        assert punctual_clock() - began < 10


async def test_a_process_that_stops_does_not_wait_for_those_who_follow(api, stop, punctual_clock):
    async with following(api) as first, following(api) as second:
        assert await anext(first) == await anext(second)
        began = punctual_clock()
        stop.set()
        assert [event async for event in first] == [event async for event in second] == []
        assert punctual_clock() - began < 1


async def test_a_stream_takes_nothing_from_those_who_read(api, database_proxy):
    streams = [following(api) for _ in range(20)]
    opened = await asyncio.gather(*(stream.__aenter__() for stream in streams))
    await asyncio.gather(*(anext(events) for events in opened))
    answers = await asyncio.gather(*(api.get(f"/v1/daily-balances/2026-11-{day:02}") for day in range(1, 29)))
    assert {answer.status_code for answer in answers} == {200}
    text = (await api.get("/metrics")).text
    assert "balance_change_streams 20.0" in text
    assert 'bulkhead_running{name="balances-days"} 0.0' in text
    for stream in streams:
        await stream.__aexit__(None, None, None)
