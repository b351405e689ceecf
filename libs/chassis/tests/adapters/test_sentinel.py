"""The client behind a Sentinel: it finds the primary, and finds the next one when that changes."""

import asyncio

import pytest
from fluxo_chassis.redis import RedisClient, RedisError, RedisUnavailableError, is_unavailable, ping_redis

from tests.harness.sentinel import watched

pytestmark = pytest.mark.anyio


@pytest.fixture
def both(own_server, tmp_path):
    with watched([own_server("one", persistent=True), own_server("two", persistent=True)], tmp_path) as both:
        yield both


async def counted(client):
    """Count one on; asked again while nobody can be written to, as its callers do."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await client.execute("INCR", "count")
            except RedisError as error:
                if not is_unavailable(error):
                    raise
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("change", ["demote", "kill"])
async def test_it_goes_on_at_the_next_primary(both, change):
    async with RedisClient(both.url) as client:
        assert await counted(client) == 1
        assert await client.execute("WAIT", 1, 5_000) == 1
        old = both.primary

        await asyncio.to_thread(getattr(both, change))

        # One that is demoted takes writes for some seconds after Sentinel named the next one, and loses them.
        new = both.asked(both.primary)
        async with asyncio.timeout(60):
            while await counted(client) != int(new.get("count")):
                pass
        assert both.primary is not old
        assert (await ping_redis(client, keeps=True)).status == "pass"


async def test_a_sentinel_that_does_not_know_the_service_or_the_password_leads_nowhere(both, punctual_clock):
    started = punctual_clock()
    for url in (both.url.replace("/events", "/others"), both.url.replace("127.0.0.1", "127.0.0.2")):
        async with RedisClient(url) as client:
            with pytest.raises(RedisUnavailableError, match="no sentinel names a server"):
                await client.execute("PING")
    assert punctual_clock() - started < 2.5
