"""More clients than can be served: whoever is too many is told so soon, and nobody waits for a time-out."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2

from tests.harness.slowness import slowness

CLIENTS = 300
LASTS_S = 2.0
ANSWERED_WITHIN_S = 3.0
SERVED_AT_LEAST = 50


def storm(url: str, token: str, request: Callable[[int], tuple[str, bytes]]) -> tuple[Counter[int], float]:
    """Let all clients ask on and on; returns how often each status came, and the longest wait.

    That one in seconds of a quiet machine. `request` gives the first line and the body of a request by its number. Each
    client has a bare socket: it must not be the clients that are slow.
    """
    address = urlsplit(url)
    statuses: Counter[int] = Counter()
    waits_s: list[float] = []

    async def ask_on_and_on(number: int, until: float) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while (started := time.monotonic()) < until:
            line, body = request(number)
            writer.write(
                f"{line} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
                f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            waits_s.append(time.monotonic() - started)
            statuses[int(head.split(maxsplit=2)[1])] += 1
            assert b" 503 " not in head.splitlines()[0] or b"retry-after: 1" in head
            number += CLIENTS
        writer.close()

    async def main() -> None:
        until = time.monotonic() + LASTS_S
        await asyncio.gather(*(ask_on_and_on(number, until) for number in range(CLIENTS)))

    asyncio.run(main())
    return statuses, max(waits_s) / slowness()


def is_ready(url: str) -> bool:
    return httpx2.get(f"{url}/health/ready").status_code == 200


def test_three_hundred_writers_at_once(system):
    merchant = system.merchant()
    body = json.dumps({"direction": "credit", "amount": "1.00", "description": "Venda"}).encode()

    statuses, longest_s = storm(system.entries_url, merchant.token, lambda _number: ("POST /v1/entries", body))

    assert set(statuses) <= {201, 503}, statuses
    assert statuses[201] >= SERVED_AT_LEAST
    assert longest_s < ANSWERED_WITHIN_S
    assert is_ready(system.entries_url)


def test_three_hundred_readers_of_entries_at_once_keep_no_writer_waiting(system):
    merchant = system.merchant()
    merchant.record("credit", "1.00")
    is_over, written = Event(), []

    def write_on_and_on() -> None:
        while not is_over.is_set():
            body = {"direction": "credit", "amount": "1.00", "description": "Venda"}
            written.append(merchant.post("/v1/entries", body, str(uuid4())).status_code)
            is_over.wait(0.05)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write_on_and_on)
        try:
            statuses, longest_s = storm(system.entries_url, merchant.token, lambda _number: ("GET /v1/entries", b""))
        finally:
            is_over.set()
        writer.result()

    assert set(written) == {201}
    assert len(written) >= 3
    assert set(statuses) <= {200, 503}, statuses
    assert statuses[200] >= SERVED_AT_LEAST
    assert longest_s < ANSWERED_WITHIN_S
    assert is_ready(system.entries_url)


def test_three_hundred_readers_of_balances_that_are_not_cached(system):
    merchant = system.merchant()

    def day(number: int) -> tuple[str, bytes]:
        date = f"{2000 + number // 336 % 100}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}"
        return f"GET /v1/daily-balances/{date}", b""

    statuses, longest_s = storm(system.balances_url, merchant.token, day)

    assert set(statuses) <= {200, 503}, statuses
    assert statuses[200] >= SERVED_AT_LEAST
    assert longest_s < ANSWERED_WITHIN_S
    assert is_ready(system.balances_url)
