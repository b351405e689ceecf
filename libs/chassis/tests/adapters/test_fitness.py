"""Servers as operators set them up, asked by the processes that were to work with them."""

import asyncpg
import pytest
from fluxo_chassis.postgres import open_pool, ping
from fluxo_chassis.redis import RedisClient, ping_redis, refuse_unfit
from fluxo_local.embedded import valkey

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio


async def test_a_server_that_may_forget_events_is_refused_and_one_that_is_full_waited_for(own_server):
    async with RedisClient(own_server(persistent=True).url) as client:
        assert (await ping_redis(client, keeps=True)).status == "pass"
        await client.execute("CONFIG", "SET", "maxmemory", 1024)
        await refuse_unfit(client, "FLUXO_STREAMS_URL")
        assert (await ping_redis(client, keeps=True)).output == "its memory is full (maxmemory)"
        await client.execute("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        with pytest.raises(SystemExit):
            await refuse_unfit(client, "FLUXO_STREAMS_URL")


async def test_of_a_cluster_a_single_master_will_do_and_one_of_two_will_not(own_server, monkeypatch):
    monkeypatch.setattr(valkey, "_SETTINGS", f"{valkey._SETTINGS}cluster-enabled yes\n")
    ports = [free_port(), free_port()]
    servers = []
    for port in ports:
        monkeypatch.setattr(valkey, "_VOLATILE", f"cluster-port {port}\n")
        servers.append(own_server(str(port)))
    async with RedisClient(servers[0].url) as first, RedisClient(servers[1].url) as second:
        await first.execute("CLUSTER", "ADDSLOTSRANGE", 0, 8_000)
        await refuse_unfit(first, "FLUXO_STREAMS_URL")
        await second.execute("CLUSTER", "ADDSLOTSRANGE", 8_001, 16_383)
        await second.execute("CLUSTER", "MEET", "127.0.0.1", servers[0].port, ports[0])
        while b"cluster_size:2" not in await first.execute("CLUSTER", "INFO"):
            pass
        with pytest.raises(SystemExit):
            await refuse_unfit(first, "FLUXO_STREAMS_URL")


async def test_a_database_that_may_not_be_written_to_is_not_well_until_it_may(postgres_url):
    admin = await asyncpg.connect(postgres_url)
    await admin.execute("CREATE ROLE reader LOGIN SUPERUSER PASSWORD 'reader'")
    try:
        await admin.execute("ALTER ROLE reader SET default_transaction_read_only = on")
        url = postgres_url.replace(postgres_url.split("//")[1].split("@")[0], "reader:reader")
        async with await open_pool(url, application_name="reader") as pool:
            seen = await ping(pool)
            assert (seen.status, seen.output) == ("fail", "the server is read-only")
            await admin.execute("ALTER ROLE reader RESET default_transaction_read_only")
            # What had been opened before says the same for ever: it is not asked again.
            assert (await ping(pool)).status == "pass"
    finally:
        await admin.execute("DROP ROLE reader")
        await admin.close()
