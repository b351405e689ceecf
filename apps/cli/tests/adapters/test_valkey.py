import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis.asyncio
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.errors import CommandError

pytestmark = pytest.mark.anyio


@pytest.fixture
def streams(tmp_path: Path, free_ports: Callable[[int], int]) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path / "streams", free_ports(1), persistent=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cache(tmp_path: Path, free_ports: Callable[[int], int]) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path / "cache", free_ports(1), persistent=False)
    server.start()
    yield server
    server.stop()


async def test_the_streams_server_keeps_its_data_over_a_restart(streams: ValkeyServer):
    async with redis.asyncio.Redis.from_url(streams.url) as client:
        await client.xadd("events", {"event": "1"})
    streams.stop()
    streams.start()
    async with redis.asyncio.Redis.from_url(streams.url) as client:
        assert await client.xlen("events") == 1


async def test_the_streams_server_starts_again_after_a_kill(streams: ValkeyServer):
    assert streams.process is not None
    os.kill(streams.process.pid, signal.SIGKILL)
    streams.process.wait()
    streams.start()
    async with redis.asyncio.Redis.from_url(streams.url) as client:
        assert await client.ping()


async def test_the_streams_server_never_evicts(streams: ValkeyServer):
    async with redis.asyncio.Redis.from_url(streams.url) as client:
        assert await client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


async def test_the_cache_forgets_over_a_restart_and_evicts(cache: ValkeyServer):
    async with redis.asyncio.Redis.from_url(cache.url) as client:
        await client.set("balance", "old")
        assert await client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
    cache.stop()
    cache.start()
    async with redis.asyncio.Redis.from_url(cache.url) as client:
        assert await client.get("balance") is None


async def test_a_stranger_without_the_password_is_refused(cache: ValkeyServer):
    async with redis.asyncio.Redis.from_url(f"redis://127.0.0.1:{cache.port}") as client:
        with pytest.raises(redis.exceptions.AuthenticationError):
            await client.get("balance")


def test_the_password_shows_in_no_process_list(cache: ValkeyServer):
    assert cache.process is not None
    password = (cache.directory / "password").read_text()
    assert password not in Path(f"/proc/{cache.process.pid}/cmdline").read_text()


def test_a_second_server_on_the_same_directory_is_refused(streams: ValkeyServer, monkeypatch):
    monkeypatch.setattr("fluxo_local.embedded.directory._PATIENCE_S", 0.1)
    with pytest.raises(CommandError, match="already works on"):
        ValkeyServer(streams.directory, streams.port + 1, persistent=True).start()
