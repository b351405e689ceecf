"""A key set on a real HTTP server: fetched once, again for an unknown key, and kept when the server is unavailable."""

import asyncio
import json
import ssl
import threading
from contextlib import asynccontextmanager

import pytest
from fluxo_chassis.auth import bearer, jwks
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.http.server import serve
from fluxo_chassis.problems import Problem
from fluxo_chassis.settings import ProcessSettings
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

FIRST, SECOND = (ECKey.generate_key("P-256", {"kid": name}) for name in ("first", "second"))


class Issuer:
    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/jwks.json"
        self.keys, self.status, self.asked = [FIRST], 200, 0
        self.filling = b""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, _request):
        self.asked += 1
        await self.may_answer.wait()
        document = json.dumps(KeySet(self.keys).as_dict(private=False)).encode()
        return Response(self.filling + document, self.status)

    @asynccontextmanager
    async def running(self):
        stop = asyncio.Event()
        app = Starlette(routes=[Route("/jwks.json", self.answer)])
        server = asyncio.create_task(serve(app, ProcessSettings(port=self.port), stop))
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                break
        try:
            yield self
        finally:
            stop.set()
            await server


@pytest.fixture
async def issuer(anyio_backend):
    async with Issuer().running() as issuer:
        yield issuer


async def test_many_first_callers_fetch_the_set_once(issuer):
    keys = JwksKeys(issuer.url)
    found = await asyncio.gather(*(keys.find("first", "ES256") for _ in range(50)))
    assert {key.kid for key in found} == {"first"}
    assert issuer.asked == 1


async def test_an_unknown_key_is_looked_for_again_but_not_more_often_than_every_ten_seconds(issuer, monkeypatch):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    for _ in range(20):
        assert await keys.find("second", "ES256") is None
    assert issuer.asked == 1
    issuer.keys = [SECOND]
    monkeypatch.setattr(jwks, "REFRESH_EVERY_S_MIN", 0.0)
    assert (await keys.find("second", "ES256")).kid == "second"
    assert await keys.find("first", "ES256") is None


async def test_the_certificates_of_all_authorities_are_read_once_and_not_on_the_loop(issuer, monkeypatch):
    read_by = []

    def create_ssl_context():
        read_by.append(threading.get_ident())
        return ssl.create_default_context()

    monkeypatch.setattr(jwks.httpx2, "create_ssl_context", create_ssl_context)
    keys = JwksKeys(issuer.url)
    for _ in range(3):
        await keys._start_fetch()
    assert issuer.asked == 3
    assert len(read_by) == 1
    assert threading.get_ident() not in read_by


async def test_a_key_that_was_removed_is_refused_within_a_minute_of_tokens_that_are_remembered(issuer):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    issuer.keys = [SECOND]
    keys._tried_at -= 2 * jwks.TTL_S
    assert await keys.find("first", "ES256") is None
    assert 2 * jwks.TTL_S + bearer.CACHE_S_MAX <= 60


async def test_keys_stop_counting_a_day_after_the_issuer_gave_them(issuer):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    issuer.status = 500
    for age_s, is_known in ((jwks.KEYS_S_MAX - 60, True), (120, False)):
        keys._confirmed_at -= age_s
        keys._tried_at -= age_s
        if is_known:
            assert (await keys.find("first", "ES256")).kid == "first"
        else:
            with pytest.raises(Problem) as problem:
                await keys.find("first", "ES256")
            assert problem.value.status == 503


async def test_a_set_that_is_too_large_is_not_read_to_its_end(issuer):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    issuer.keys, issuer.filling = [SECOND], b" " * jwks.DOCUMENT_BYTES_MAX
    keys._tried_at -= 2 * jwks.TTL_S
    assert (await keys.find("first", "ES256")).kid == "first"
    assert keys.breaker.state == "open"


async def test_an_issuer_that_drips_holds_nobody_up(monkeypatch):
    async def drip(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    monkeypatch.setattr(jwks, "FETCH_TIMEOUT_S", 0.1)
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    keys = JwksKeys(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json")
    with pytest.raises(Problem):
        await keys.find("first", "ES256")
    assert keys._fetching.done()
    assert keys.breaker.state == "open"
    server.close()


async def test_an_old_set_is_refreshed_in_the_background(issuer):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    issuer.keys = [SECOND]
    keys._tried_at -= jwks.TTL_S
    assert (await keys.find("first", "ES256")).kid == "first", "the caller does not wait for the refresh"
    await keys._fetching
    assert keys._known("second", "ES256").kid == "second"


async def test_the_old_keys_stay_while_the_issuer_is_ill(issuer, monkeypatch):
    keys = JwksKeys(issuer.url)
    await keys.find("first", "ES256")
    issuer.status = 500
    monkeypatch.setattr(jwks, "REFRESH_EVERY_S_MIN", 0.0)
    with pytest.raises(Problem) as problem:
        await keys.find("second", "ES256")
    assert problem.value.status == 503, "it may be a new key"
    assert (await keys.find("first", "ES256")).kid == "first"
    assert issuer.asked == 2
    assert keys.breaker.state == "open"


async def test_an_issuer_that_is_unavailable_from_the_start_is_tried_again(monkeypatch):
    monkeypatch.setattr(jwks, "RETRY_S", (0.01, 0.01))
    issuer = Issuer()
    keys = JwksKeys(issuer.url)
    with pytest.raises(Problem) as problem:
        await keys.find("first", "ES256")
    assert problem.value.status == 503
    async with issuer.running():
        await asyncio.sleep(0.02)
        assert (await keys.find("first", "ES256")).kid == "first"
    assert keys.breaker.state == "closed"


async def test_a_key_that_rotates_while_the_issuer_is_dead_is_found_when_it_is_back(monkeypatch):
    monkeypatch.setattr(jwks, "RETRY_S", (0.01, 0.01))
    monkeypatch.setattr(jwks, "REFRESH_EVERY_S_MIN", 0.0)
    issuer = Issuer()
    async with issuer.running():
        keys = JwksKeys(issuer.url)
        await keys.find("first", "ES256")
    for _ in range(3):
        with pytest.raises(Problem) as problem:
            await keys.find("second", "ES256")
        assert problem.value.status == 503
        assert (await keys.find("first", "ES256")).kid == "first"
        await asyncio.sleep(0.02)
    issuer.keys = [SECOND]
    async with issuer.running():
        await asyncio.sleep(0.02)
        assert (await keys.find("second", "ES256")).kid == "second"
    assert keys.breaker.state == "closed"


async def test_an_issuer_slower_than_a_request_may_take_is_waited_for_by_the_next_ones(issuer, monkeypatch):
    monkeypatch.setattr(jwks, "WAIT_S", 0.05)
    keys = JwksKeys(issuer.url)
    issuer.may_answer.clear()
    impatient = [asyncio.create_task(keys.find("first", "ES256")) for _ in range(20)]
    impatient[0].cancel()
    refused = await asyncio.gather(*impatient, return_exceptions=True)
    assert {each.status for each in refused[1:]} == {503}
    issuer.may_answer.set()
    monkeypatch.setattr(jwks, "WAIT_S", 5.0)
    assert (await keys.find("first", "ES256")).kid == "first"
    assert issuer.asked == 1
