import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import redis.exceptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fluxo_chassis.redis import RedisLink, connect, is_unavailable, ping_redis

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
    assert is_unavailable(failure.value)
    await client.aclose()


async def test_a_wrong_command_is_not_an_outage(streams):
    with pytest.raises(redis.exceptions.ResponseError) as failure:
        await streams.execute_command("NOSUCH")
    assert not is_unavailable(failure.value)


async def hang_up(_reader, writer):
    writer.close()


async def say_nothing(_reader, _writer):
    pass


async def talk_nonsense(_reader, writer):
    writer.write(b"HTTP/1.1 400\r\n\r\n")


@pytest.mark.parametrize("answer", [hang_up, say_nothing, talk_nonsense])
async def test_a_link_to_what_gives_no_reply_fails_in_time_and_says_so_as_the_client_does(answer):
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        link = RedisLink(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.2)
        started = time.perf_counter()
        with pytest.raises((redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)) as failure:
            await link.ask("PING")
    assert is_unavailable(failure.value)
    assert time.perf_counter() - started < 2


async def test_those_who_ask_a_link_that_cannot_connect_find_out_together():
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        link = RedisLink(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.2)
        started = time.perf_counter()
        gone, *failures = await asyncio.gather(
            asyncio.wait_for(link.ask("PING"), 0.1), *(link.ask("PING") for _ in range(20)), return_exceptions=True
        )
    assert isinstance(gone, TimeoutError)
    assert {type(each) for each in failures} == {redis.exceptions.TimeoutError}
    assert time.perf_counter() - started < 1


async def test_a_link_connects_when_it_is_asked_and_again_when_the_connection_was_lost(streams, streams_url):
    async with RedisLink(streams_url) as link:
        first = await link.ask("CLIENT", "ID")
        assert await link.ask("CLIENT", "ID") == first

        blocked = asyncio.create_task(link.ask("BLPOP", "nothing", 5))
        while not (await streams.info("clients"))["blocked_clients"]:
            pass
        await streams.client_kill_filter(_id=first)
        with pytest.raises(redis.exceptions.ConnectionError):
            await blocked

        assert await link.ask("CLIENT", "ID") > first


async def test_those_who_ask_a_link_at_once_share_its_connection_and_each_gets_its_own_reply(streams_url, streams):
    async with RedisLink(streams_url) as link:
        asked = [link.ask("ECHO", str(number)) for number in range(100)]
        replies = await asyncio.gather(link.ask("NOSUCH"), *asked, return_exceptions=True)
    assert isinstance(replies[0], redis.exceptions.ResponseError)
    assert replies[1:] == [str(number).encode() for number in range(100)]


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


async def test_a_link_speaks_tls_and_trusts_whom_its_url_names(streams, streams_url, forward, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(forward, "localhost", 0, ssl=context) as server:
        url = f"rediss://{credentials(streams_url)}@localhost:{server.sockets[0].getsockname()[1]}"
        async with RedisLink(f"{url}?ssl_ca_certs={certificate}") as link:
            assert await link.ask("PING") == b"PONG"
        async with RedisLink(url) as link:
            with pytest.raises(redis.exceptions.ConnectionError, match="certificate"):
                await link.ask("PING")


async def test_a_link_speaks_over_a_socket_file_and_to_the_database_of_its_url(streams, streams_url, forward, tmp_path):
    async with await asyncio.start_unix_server(forward, tmp_path / "redis.sock"):
        url = f"unix://{credentials(streams_url)}@{tmp_path}/redis.sock?db=5"
        async with RedisLink(url) as link:
            assert b" db=5 " in await link.ask("CLIENT", "INFO")
