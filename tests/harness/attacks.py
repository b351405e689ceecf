"""What one client may try to stop the services for all others, all of it at once."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

import orjson
from uuid_utils.compat import uuid7

from benchmarks.cost import rss_mb
from tests.harness.system import System

MEGABYTE: Final = 1_000_000
PIECE: Final = b"a" * 65_536
ENDS_WITHIN_S: Final = 30.0
SAMPLE_EVERY_S: Final = 0.05
NEIGHBOURS_PAUSE_S: Final = 0.1
OURS: Final = ("entries-api-1", "entries-relay-1", "balances-api-1", "balances-projector-1", "dashboard-1")


@dataclass(slots=True)
class Seen:
    """`peak_mb`: the most resident memory of each of our processes; `statuses`: what a neighbour's writes came to."""

    peak_mb: dict[str, float] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)


class Attack:
    """A `share` of what the review of security did, at once, for some seconds."""

    def __init__(self, system: System, share: float) -> None:
        self._system = system
        self._share = share
        self._lasts_s = 1 + 9 * share
        self.answers = Counter[str]()
        """How many got one, by status, none where the connection was closed or given up without."""

    async def run(self) -> Seen:
        """Do all of it, and meanwhile look at the memory and record a neighbour's entries."""
        seen, system = Seen(), self._system
        watching = [asyncio.create_task(_watch(seen, system)), asyncio.create_task(_record(seen, system))]
        try:
            await asyncio.gather(
                *self._large_bodies_without_a_token(),
                *self._heads_without_end(),
                *self._very_many_requests(),
                *self._crumbs(),
                *self._silence(),
                *self._slow_bodies(system.token("slow")),
                *self._items_with_many_fields(system.token("crowd")),
                *self._bulks(system.token("crowd")),
                *self._on_and_on(32, system.entries_url, "/v1/entries?q=venda", system.token("crowd")),
                *self._on_and_on(64, system.entries_url, "/v1/entries", system.token("crowd")[:-8] + "AAAAAAAA"),
                *self._on_and_on(
                    1_100, system.balances_url, f"{_today()}?after_entry={uuid7()}", system.token("crowd")
                ),
            )
        finally:
            for task in watching:
                task.cancel()
            await asyncio.wait(watching)
        return seen

    def _count(self, number: int) -> int:
        return max(2, round(number * self._share))

    def _large_bodies_without_a_token(self) -> Iterator[Any]:
        head = _head("POST", "/v1/entries/bulk", length=8 * MEGABYTE)
        for _ in range(self._count(30)):
            yield self._pour(self._system.entries_url, head, [PIECE] * (8 * MEGABYTE // len(PIECE)))

    def _heads_without_end(self) -> Iterator[Any]:
        for _ in range(self._count(10)):
            yield self._pour(self._system.entries_url, b"GET /v1/entries HTTP/1.1\r\nX: ", [PIECE] * 400)

    def _very_many_requests(self) -> Iterator[Any]:
        for url in (self._system.entries_url, self._system.balances_url, self._system.page_url):
            for _ in range(self._count(10)):
                yield self._pour(url, b"", [b"GET / HTTP/1.1\r\nHost: fluxo\r\n\r\n" * 2_000] * 20)

    def _crumbs(self) -> Iterator[Any]:
        head = _head("POST", "/v1/entries/bulk").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        for _ in range(self._count(10)):
            yield self._pour(self._system.entries_url, head, [b"1\r\n \r\n" * 10_000] * 20)

    def _silence(self) -> Iterator[Any]:
        system = self._system
        for begun in (b"", b"POST /v1", _head("POST", "/v1/entries/bulk", length=8 * MEGABYTE)[:-2]):
            for url in (system.entries_url, system.balances_url, system.page_url):
                for _ in range(self._count(100)):
                    yield self._pour(url, begun, [], holds=True)

    def _slow_bodies(self, token: str) -> Iterator[Any]:
        head = _head("POST", "/v1/entries/bulk", token, length=8 * MEGABYTE)
        for _ in range(self._count(30)):
            yield self._pour(self._system.entries_url, head + PIECE[:1_000], [], holds=True)

    def _items_with_many_fields(self, token: str) -> Iterator[Any]:
        large = b"{%b}" % b",".join(b'"%d":0' % number for number in range(self._count(700_000)))
        small = b"{%b}" % b",".join(b'"%020d":"%020d"' % (number, number) for number in range(23))
        for item, count in ((large, 1), (small, self._count(7_000))):
            body = b'{"mode":"partial","entries":[%b]}' % b",".join([item] * count)
            yield self._pour(
                self._system.entries_url, _head("POST", "/v1/entries/bulk", token, length=len(body)), [body]
            )

    def _bulks(self, token: str) -> Iterator[Any]:
        entry = {"direction": "credit", "amount": "12.34", "description": "Venda de teste", "category": "bench"}
        for _ in range(self._count(64)):
            run = uuid4()
            entries = [entry | {"idempotency_key": f"{run}-{number}"} for number in range(self._count(5_000))]
            body = orjson.dumps({"mode": "atomic", "entries": entries})
            yield self._pour(
                self._system.entries_url, _head("POST", "/v1/entries/bulk", token, length=len(body)), [body]
            )

    def _on_and_on(self, connections: int, url: str, path: str, token: str) -> Iterator[Any]:
        for _ in range(self._count(connections)):
            yield self._ask_on_and_on(url, _head("GET", path, token))

    async def _ask_on_and_on(self, url: str, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._lasts_s
        while loop.time() < end:
            await self._pour(url, request, [])

    async def _pour(self, url: str, begun: bytes, pieces: Iterable[bytes], *, holds: bool = False) -> None:
        """Send it over a connection of its own, and wait for an answer; `holds`: only as long as all of it lasts."""
        host, _, port = url.rpartition("//")[2].rpartition(":")
        answer = b""
        with suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                async with asyncio.timeout(self._lasts_s if holds else ENDS_WITHIN_S):
                    with suppress(OSError):  # Who is refused may find its connection closed while it sends.
                        writer.write(begun)
                        for piece in pieces:
                            writer.write(piece)
                            await writer.drain()
                    answer = await reader.read(1_024)
            finally:
                writer.transport.abort()
        self.answers[answer[9:12].decode() or "none"] += 1


def _today() -> str:
    return f"/v1/daily-balances/{date.today() - timedelta(days=1)}"


def _head(method: str, path: str, token: str | None = None, *, length: int = 0) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: fluxo", "Content-Type: application/json", f"Content-Length: {length}"]
    lines += [] if token is None else [f"Authorization: Bearer {token}"]
    return "\r\n".join([*lines, "", ""]).encode()


def pids_of(system: System) -> dict[str, int]:
    return {name: pid for name in OURS if (pid := system.pid(name)) is not None}


async def _watch(seen: Seen, system: System) -> None:
    while True:
        for name, megabytes in rss_mb(pids_of(system)).items():
            seen.peak_mb[name] = max(seen.peak_mb.get(name, 0.0), megabytes)
        await asyncio.sleep(SAMPLE_EVERY_S)


async def _record(seen: Seen, system: System) -> None:
    neighbour = system.merchant()
    body = {"direction": "credit", "amount": "1.00", "description": "Venda"}
    while True:
        answer = await asyncio.to_thread(neighbour.post, "/v1/entries", body, str(uuid4()))
        seen.statuses.append(answer.status_code)
        await asyncio.sleep(NEIGHBOURS_PAUSE_S)
