"""The one Redis client, against real servers and against what is none."""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fluxo_chassis.health import Health
from fluxo_chassis.redis import RedisClient, RedisReplyError, RedisUnavailableError, is_unavailable, ping_redis

from tests.harness.ports import free_port
from tests.harness.proxy import Proxy, Weather

pytestmark = pytest.mark.anyio


async def test_it_answers_bytes_and_blocks_as_long_as_asked(streams, streams_client):
    seen = await ping_redis(streams_client)
    assert (seen.status, seen.observed_unit) == ("pass", "ms")
    await streams.xadd("news", {"n": "1"})
    reply = await streams_client.execute("XREAD", "STREAMS", "news", 0)
    assert [fields for _, fields in reply[b"news"]] == [[b"n", b"1"]]
    assert await streams_client.execute("XREAD", "BLOCK", 50, "STREAMS", "news", "$") is None


async def test_where_nobody_listens_it_fails_at_once(punctual_clock):
    async with RedisClient(f"redis://127.0.0.1:{free_port()}") as client:
        started = punctual_clock()
        with pytest.raises(RedisUnavailableError) as failure:
            await client.execute("PING")
    assert punctual_clock() - started < 0.5
    assert is_unavailable(failure.value)


async def test_a_command_whose_reply_is_lost_is_carried_out_once(streams, streams_url):
    async with Proxy(streams_url) as proxy, RedisClient(proxy.url) as client:
        assert await client.execute("INCR", "count") == 1
        proxy.change(Weather.ANSWERS_LOST)
        asking = asyncio.create_task(client.execute("INCR", "count"))
        await proxy.withheld.wait()
        proxy.clear()
        with pytest.raises(RedisUnavailableError):
            await asking
        assert await client.execute("GET", "count") == b"2"


async def hang_up(_reader, writer):
    writer.close()


async def say_nothing(_reader, _writer):
    pass


async def talk_nonsense(_reader, writer):
    writer.write(b"HTTP/1.1 400\r\n\r\n")


@pytest.mark.parametrize("answer", [hang_up, say_nothing, talk_nonsense])
async def test_what_gives_no_reply_is_found_out_in_time(answer, punctual_clock):
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        client = RedisClient(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.2)
        started = punctual_clock()
        with pytest.raises(RedisUnavailableError) as failure:
            await client.execute("PING")
    assert is_unavailable(failure.value)
    assert punctual_clock() - started < 1


async def test_those_who_wait_for_a_connection_that_cannot_be_made_find_out_together(punctual_clock):
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        client = RedisClient(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.2)
        started = punctual_clock()
        gone, *failures = await asyncio.gather(
            asyncio.wait_for(client.execute("PING"), 0.1),
            *(client.execute("PING") for _ in range(20)),
            return_exceptions=True,
        )
    assert isinstance(gone, TimeoutError)
    assert {type(each) for each in failures} == {RedisUnavailableError}
    assert punctual_clock() - started < 1


async def test_it_connects_when_it_is_needed_and_again_when_the_connection_was_lost(streams, streams_url):
    async with RedisClient(streams_url) as client:
        first = await client.execute("CLIENT", "ID")
        assert await client.execute("CLIENT", "ID") == first

        blocked = asyncio.create_task(client.execute("BLPOP", "nothing", 5))
        while not (await streams.info("clients"))["blocked_clients"]:
            pass
        await streams.client_kill_filter(_id=first)
        with pytest.raises(RedisUnavailableError):
            await blocked

        assert await client.execute("CLIENT", "ID") > first


async def test_those_who_ask_at_once_share_its_connection_and_each_gets_its_own_reply(streams_url, streams):
    async with RedisClient(streams_url) as client:
        asked = [client.execute("ECHO", str(number)) for number in range(100)]
        replies = await asyncio.gather(client.execute("NOSUCH"), *asked, return_exceptions=True)
    assert isinstance(replies[0], RedisReplyError)
    assert replies[1:] == [str(number).encode() for number in range(100)]


async def test_a_transaction_is_carried_out_as_one_or_not_at_all(streams, streams_client):
    await streams.set("text", "x")
    assert await streams_client.execute_transaction(("INCR", "a"), ("INCR", "a")) == [1, 2]
    with pytest.raises(RedisReplyError, match="unknown command"):
        await streams_client.execute_transaction(("INCR", "a"), ("NOSUCH",))
    assert await streams.get("a") == b"2"
    with pytest.raises(RedisReplyError) as refused:
        await streams_client.execute_transaction(("LPUSH", "text", "1"), ("INCR", "a"))
    assert refused.value.code == "WRONGTYPE"


async def test_a_scan_finds_every_key_of_a_pattern(streams, streams_client):
    await streams.mset({f"mine:{number}": 1 for number in range(2_500)} | {"other": 1})
    found = [key async for keys in streams_client.scan("mine:*") for key in keys]
    assert sorted(set(found)) == sorted(await streams.keys("mine:*"))


async def test_a_command_that_nobody_waits_for_is_sent_a_moment_later_and_before_the_next(streams, streams_client):
    streams_client.send_nowait("SET", "never", 1)
    assert not await streams.exists("never"), "there is no connection yet"
    await streams_client.execute("PING")
    streams_client.send_nowait("INCR", "a")
    assert await streams_client.execute("INCR", "a") == 2
    streams_client.send_nowait("LPUSH", "list", "sent")
    assert await streams.blpop("list", 5) == (b"list", b"sent")


async def test_what_is_asked_for_in_one_turn_leaves_in_one_write(streams_client, monkeypatch):
    connection = await streams_client.connected()
    written = []
    write = connection._transport.write
    monkeypatch.setattr(
        connection, "_transport", SimpleNamespace(write=lambda data: (written.append(data), write(data)))
    )
    streams_client.send_nowait("SET", "a", 0)
    replies = await asyncio.gather(*(streams_client.execute("INCRBY", "a", number) for number in (1, 2, 3)))
    assert replies == [1, 3, 6]
    assert len(written) == 1
    await streams_client.execute("PING")
    assert len(written) == 2


async def test_an_idle_connection_that_the_server_ended_costs_no_error(streams, streams_url):
    lost = asyncio.Event()
    async with RedisClient(streams_url, on_lost=lost.set) as client:
        await streams.client_kill_filter(_id=await client.execute("CLIENT", "ID"))
        await lost.wait()
        assert await client.execute("PING") == b"PONG"


async def test_a_server_that_falls_silent_is_unhealthy_within_a_second(streams, streams_url):
    async with Proxy(streams_url) as proxy, RedisClient(proxy.url) as client:
        health = Health()
        health.add("streams", partial(ping_redis, client), required=True)
        async with health.monitoring():
            assert health.is_ready()
        proxy.change(Weather.SILENT)
        # The client itself waits ten seconds for a reply.
        async with asyncio.timeout(5), health.monitoring():
            assert not health.is_ready()


async def code_of(client, *command):
    with pytest.raises(RedisReplyError) as refused:
        await client.execute(*command)
    return refused.value.code, is_unavailable(refused.value)


async def test_what_a_server_refuses_is_told_by_its_code(streams, streams_client):
    read = ("XREADGROUP", "GROUP", "group", "one", "STREAMS", "stream", ">")
    assert await code_of(streams_client, "NOSUCH") == ("ERR", False)
    assert await code_of(streams_client, *read) == ("NOGROUP", False)
    assert await code_of(streams_client, "XINFO", "STREAM", "stream") == ("ERR", False)

    await streams.xgroup_create("stream", "group", mkstream=True)
    reading = asyncio.create_task(code_of(streams_client, *read[:4], "BLOCK", 5_000, *read[4:]))
    while not (await streams.info("clients"))["blocked_clients"]:
        pass
    await streams.delete("stream")
    assert await reading in [("UNBLOCKED", False), ("NOGROUP", False)]  # Redis and Valkey, by their age


async def test_a_server_that_cannot_serve_yet_or_any_longer_is_unavailable(own_server):
    primary, replica = own_server("primary"), own_server("replica")
    async with RedisClient(primary.url) as filling, RedisClient(replica.url) as client:
        await client.execute("REPLICAOF", "127.0.0.1", free_port())
        assert await code_of(client, "SET", "key", 1) == ("READONLY", True)
        await client.execute("CONFIG", "SET", "replica-serve-stale-data", "no")
        assert await code_of(client, "GET", "key") == ("MASTERDOWN", True)

        await client.execute("CONFIG", "SET", "replica-serve-stale-data", "yes")
        await client.execute("CONFIG", "SET", "key-load-delay", 20_000, "loading-process-events-interval-bytes", 1_024)
        await client.execute("CONFIG", "SET", "masterauth", urlsplit(primary.url).password)
        await filling.execute("CONFIG", "SET", "repl-diskless-sync-delay", 0)
        await filling.execute("EVAL", "for n = 1, 500 do redis.call('SET', n, string.rep('x', 10000)) end", 0)
        await client.execute("REPLICAOF", "127.0.0.1", primary.port)
        async with asyncio.timeout(60):
            while b"\nloading:0" in await client.execute("INFO", "persistence"):
                pass
        assert await code_of(client, "GET", "key") == ("LOADING", True)


@pytest.fixture
async def failover(own_server):
    """A client by an address, and `fail_over()`: the server there, with so many blocked, is demoted for another."""
    old, new = own_server("old"), own_server("new")
    async with (
        RedisClient(old.url) as at_old,
        RedisClient(new.url) as at_new,
        Proxy(old.url) as proxy,
        RedisClient(proxy.url) as client,
    ):
        await at_new.execute("CONFIG", "SET", "requirepass", urlsplit(old.url).password)

        async def fail_over(blocked=0):
            while f"blocked_clients:{blocked}".encode() not in await at_old.execute("INFO", "clients"):
                pass
            proxy.lead_to(new.url)
            await at_old.execute("REPLICAOF", "127.0.0.1", new.port)

        await client.execute("SET", "server", "old")
        yield client, fail_over


WRITES = {"a command": ("SET", "key", 1), "a script": ("EVAL", "return redis.call('SET', KEYS[1], 1)", 1, "key")}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_a_write_that_a_demoted_server_refuses_leads_to_the_new_one(failover, write):
    client, fail_over = failover
    await fail_over()
    assert await code_of(client, *write) == ("READONLY", True)
    assert await client.execute(*write) == b"OK"


async def test_who_waits_at_a_server_that_is_demoted_asks_the_new_one_next(failover):
    client, fail_over = failover
    waiting = asyncio.create_task(code_of(client, "BLPOP", "list", 5))
    await fail_over(blocked=1)
    assert await waiting == ("UNBLOCKED", True)
    assert await client.execute("SET", "key", 1) == b"OK"


async def test_an_acknowledgement_that_a_demoted_server_refuses_ends_the_connection_too(failover):
    client, fail_over = failover
    await fail_over()
    client.send_nowait("SET", "key", 1)
    with suppress(RedisUnavailableError):
        await client.execute("PING")
    assert await client.execute("SET", "key", 1) == b"OK"


async def test_a_demoted_server_is_unhealthy_until_the_address_leads_to_the_new_one(failover):
    client, fail_over = failover
    await fail_over()
    seen = await ping_redis(client)
    assert (seen.status, seen.output) == ("fail", "the server is a replica")
    assert (await ping_redis(client)).status == "pass"


TOLD_BY_THE_DEMOTED = [
    "CLUSTERDOWN The cluster is down",
    "MOVED 3999 127.0.0.1:6381",
    "NOREPLICAS Not enough good replicas to write.",
    "ERR Error running script (call to f_1): @user_script:2: @user_script: 2: -READONLY You can't write here.",
]


@pytest.mark.parametrize(
    ("told", "is_ended"),
    [
        *((told, True) for told in TOLD_BY_THE_DEMOTED),
        ("UNBLOCKED client unblocked via CLIENT UNBLOCK", False),
        ("UNBLOCKED the stream key no longer exists", False),
        ("ERR Error running script (call to f_1): @user_script:2: READONLY", False),
    ],
)
async def test_what_else_tells_of_a_server_that_is_not_the_one_to_write_to(told, is_ended):
    connections = 0

    async def serve(reader, writer):
        nonlocal connections
        connections += 1
        reply = b"%0\r\n"
        while await reader.read(1_024):
            writer.write(reply)
            reply = f"-{told}\r\n".encode()
        writer.close()

    async with (
        await asyncio.start_server(serve, "127.0.0.1", 0) as server,
        RedisClient(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client,
    ):
        for _ in range(2):
            assert (await code_of(client, "SET", "key", 1))[1] is is_ended
    assert connections == (2 if is_ended else 1)


async def test_a_server_that_has_no_room_for_another_client_is_found_out_at_once(own_server):
    server = own_server()
    async with RedisClient(server.url) as client, RedisClient(server.url) as one_too_many:
        await client.execute("CONFIG", "SET", "maxclients", 1)
        with pytest.raises((RedisUnavailableError, RedisReplyError)):
            await asyncio.wait_for(one_too_many.execute("PING"), 0.5)
        assert await client.execute("PING") == b"PONG"


async def test_it_logs_in_as_the_user_of_its_url(own_server):
    server = own_server()
    async with RedisClient(server.url) as owner:
        await owner.execute("ACL", "SETUSER", "a@b", "on", ">p@ss/w:rd", "+ping", "+acl|whoami")
    there = f"127.0.0.1:{server.port}"
    for url in (f"redis://a%40b:p%40ss%2Fw%3Ard@{there}/0", f"redis://{there}?username=a%40b&password=p%40ss/w:rd"):
        async with RedisClient(url) as client:
            assert await client.execute("ACL", "WHOAMI") == b"a@b"
            assert await code_of(client, "GET", "key") == ("NOPERM", False)
    for url, code in ((f"redis://a%40b:wrong@{there}", "WRONGPASS"), (f"redis://{there}", "NOAUTH")):
        async with RedisClient(url) as client:
            assert await code_of(client, "PING") == (code, False)


@pytest.fixture
def certificate(tmp_path):
    """A certificate of `localhost` that vouches for itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return path


@pytest.fixture
def forward(streams_url):
    """Passes one connection on to the streams server."""

    async def pump(reader, writer):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()

    async def serve(reader, writer):
        server = urlsplit(streams_url)
        there = await asyncio.open_connection(server.hostname, server.port)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    return serve


def credentials(url):
    return urlsplit(url).netloc.rpartition("@")[0]


@pytest.fixture
async def tls_url(streams, streams_url, forward, certificate):
    """The streams server's URL by way of what encrypts, and asks its clients for that certificate, too."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
    context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    async with await asyncio.start_server(forward, "localhost", 0, ssl=context) as server:
        yield f"rediss://{credentials(streams_url)}@localhost:{server.sockets[0].getsockname()[1]}"


async def test_it_speaks_tls_and_trusts_whom_its_url_names(tls_url, certificate):
    by_another_name = tls_url.replace("@localhost", "@127.0.0.1")
    for url in (
        f"{tls_url}?ssl_ca_certs={certificate}",
        f"{tls_url.replace('rediss', 'valkeys')}/0?ssl_ca_certs={certificate}&ssl_certfile={certificate}",
        f"{by_another_name}?ssl_ca_certs={certificate}&ssl_check_hostname=no",
        f"{by_another_name}?ssl_cert_reqs=none",
    ):
        async with RedisClient(url) as client:
            assert await client.execute("PING") == b"PONG"
    for url in (tls_url, f"{by_another_name}?ssl_ca_certs={certificate}"):
        async with RedisClient(url) as client:
            with pytest.raises(RedisUnavailableError, match="certificate"):
                await client.execute("PING")


@pytest.mark.parametrize("database", ["/5", "?db=5"])
async def test_it_speaks_to_the_database_of_its_url(streams, streams_url, database):
    server = urlsplit(streams_url)
    async with RedisClient(f"valkey://{server.netloc}{database}") as client:
        assert b" db=5 " in await client.execute("CLIENT", "INFO")


async def test_it_speaks_over_a_socket_file(streams, streams_url, forward, tmp_path):
    async with await asyncio.start_unix_server(forward, tmp_path / "redis.sock"):
        async with RedisClient(f"unix://{credentials(streams_url)}@{tmp_path}/redis.sock?db=5") as client:
            assert b" db=5 " in await client.execute("CLIENT", "INFO")
        async with RedisClient(f"unix://{tmp_path}/nothing.sock") as client:
            with pytest.raises(RedisUnavailableError):
                await client.execute("PING")
