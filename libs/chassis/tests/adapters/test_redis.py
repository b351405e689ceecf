import socket
import time

import pytest
import redis.exceptions
from fluxo_chassis.redis import connect, is_away, ping_redis

pytestmark = pytest.mark.anyio


async def test_it_answers_bytes_and_blocks_as_long_as_asked(streams, streams_url):
    client = connect(streams_url)
    seen = await ping_redis(client)
    assert (seen.status, seen.observed_unit) == ("pass", "ms")
    await streams.xadd("news", {"n": "1"})
    ((name, _),) = await client.xread({"news": "0"})
    assert name == b"news"
    assert not await client.xread({"news": "$"}, block=50)
    await client.aclose()


async def test_a_command_is_never_sent_twice():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    client = connect(f"redis://127.0.0.1:{port}")
    started = time.perf_counter()
    with pytest.raises(redis.exceptions.ConnectionError) as failure:
        await client.ping()
    assert time.perf_counter() - started < 0.5
    assert is_away(failure.value)
    await client.aclose()


async def test_a_wrong_command_is_not_an_outage(streams):
    with pytest.raises(redis.exceptions.ResponseError) as failure:
        await streams.execute_command("NOSUCH")
    assert not is_away(failure.value)
