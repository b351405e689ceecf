"""One stream from the balances service for each merchant, however many browsers look."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx2
import pytest
from fluxo_dashboard.live.changes import RETRY_S, Changes, Told
from fluxo_dashboard.services.client import ServiceClient
from fluxo_dashboard.sign_in.session import Session, new_session

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

HEARTBEAT_S = 15.0
CHANGED = Told("changed", '{"as_of":"2026-11-22T12:00:00Z"}')
UNAVAILABLE = Told("unavailable", "{}")
END = None


class Stream(httpx2.AsyncByteStream):
    def __init__(self, lines: asyncio.Queue[bytes | None]) -> None:
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (line := await self._lines.get()) is not END:
            yield line


class Balances(httpx2.AsyncBaseTransport):
    """The balances service: how often it was asked to tell, by whose token, and from which position on."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_away = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.headers["authorization"], request.headers.get("last-event-id")))
        if self.is_away:
            raise httpx2.ConnectError("away", request=request)
        return httpx2.Response(200, stream=Stream(self.lines), request=request)

    def tell(self, told: Told, position: str = "p") -> None:
        for line in (f"id: {position}\n", f"event: {told.event}\n", f"data: {told.data}\n", "\n", ": heartbeat\n\n"):
            self.lines.put_nowait(line.encode())


class Tokens:
    async def token_of(self, session: Session) -> str:
        return session.subject

    async def end(self, session: Session) -> None: ...


@pytest.fixture
def balances() -> Balances:
    return Balances()


@pytest.fixture
async def changes(balances) -> AsyncIterator[Changes]:
    async with ServiceClient("balances", "http://balances", transport=balances) as client:
        yield Changes(client, Tokens())


def person(name: str, merchant_id: str = "padaria") -> Session:
    return new_session(merchant_id, name, "owner")


async def test_many_browsers_of_a_merchant_share_one_stream(changes, balances):
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        waiting = asyncio.create_task(anext(ana))
        await asyncio.sleep(0.1)
        async with aclosing(changes.follow(person("bia"), HEARTBEAT_S)) as bia:
            also = asyncio.create_task(anext(bia))
            await asyncio.sleep(0.1)
            balances.tell(CHANGED)
            assert (await waiting, await also) == (CHANGED, CHANGED)
    assert [token for token, _ in balances.asked] == ["Bearer ana"]


async def test_who_comes_later_is_told_at_once_how_it_stands(changes, balances):
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        balances.tell(CHANGED)
        await anext(ana)
        async with aclosing(changes.follow(person("bia"), HEARTBEAT_S)) as bia:
            assert await anext(bia) == CHANGED


async def test_where_nothing_changes_a_browser_hears_a_heartbeat(changes):
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        assert await anext(ana) is None


async def test_a_service_that_is_away_is_told_once_and_its_return_too(changes, balances):
    balances.is_away = True
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        assert await anext(ana) == UNAVAILABLE
        assert await anext(ana) is None
        balances.is_away = False
        balances.tell(CHANGED)
        async with asyncio.timeout(2 * RETRY_S[1]):
            assert await anext(ana) == CHANGED


async def test_a_stream_that_ends_in_good_order_goes_on_where_it_was_with_a_token_of_who_still_looks(changes, balances):
    async with aclosing(changes.follow(person("bia"), HEARTBEAT_S)) as bia:
        ana = changes.follow(person("ana"), HEARTBEAT_S)
        balances.tell(CHANGED, position="p7")
        await anext(bia)
        await anext(ana)
        await ana.aclose()
        balances.lines.put_nowait(END)
        assert await anext(bia) is None
        assert balances.asked[1:] == [("Bearer bia", "p7")]


async def test_when_nobody_looks_nothing_is_asked(changes, balances):
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        balances.tell(CHANGED)
        await anext(ana)
    balances.lines.put_nowait(END)
    await asyncio.sleep(60)
    assert len(balances.asked) == 1


async def test_a_process_that_stops_ends_every_stream_at_once(changes):
    async with aclosing(changes.follow(person("ana"), HEARTBEAT_S)) as ana:
        waiting = asyncio.create_task(anext(ana))
        await asyncio.sleep(1)
        changes.close()
        with pytest.raises(StopAsyncIteration):
            await waiting
