"""Clients who read and write at a steady rate, repeat a write with its key until it is acknowledged, and note all."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import uuid4

import httpx2

DAY = date(2026, 3, 10)
AMOUNT = "1.00"
WRITERS = READERS = 10
PAUSE_S = 0.25
CLIENT_TIMEOUT_S = 20.0
REPEATED_AFTER_S = 0.1
GOES_ON = 100


@dataclass(frozen=True)
class Request:
    """One that was sent: when, how long it took, and the status it got; 0 is none. `problem` is what else it got."""

    kind: str
    began: float
    seconds: float
    status: int
    problem: str

    @property
    def succeeded(self) -> bool:
        return self.status in (200, 201)

    @property
    def title(self) -> str:
        found = re.search('"title":"([^"]*)', self.problem)
        return found.group(1) if found else self.problem[:80]


class Load:
    """Runs while the block does; leaving it waits until every write is acknowledged."""

    def __init__(self, entries_url: str, balances_url: str, token: str) -> None:
        self.requests: list[Request] = []
        self.acknowledged: list[str] = []
        """Ids of entries, one for each key."""
        self._entries_url, self._balances_url = entries_url, balances_url
        limits = httpx2.Limits(max_connections=None)
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.AsyncClient(headers=headers, timeout=CLIENT_TIMEOUT_S, limits=limits)
        self._enough = asyncio.Event()
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._opened.enter_async_context(self._http)
        tasks = await self._opened.enter_async_context(asyncio.TaskGroup())
        self._opened.callback(self._enough.set)
        for _ in range(WRITERS):
            tasks.create_task(self._again_and_again(self.record))
        for _ in range(READERS):
            tasks.create_task(self._again_and_again(self.read))
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._opened.__aexit__(*failure)

    async def record(self) -> str:
        """Record an entry, however often it has to be sent, and return its id."""
        key = str(uuid4())
        body = {"direction": "credit", "amount": AMOUNT, "business_date": DAY.isoformat(), "description": "Venda"}
        while True:
            answer = await self._send(
                "write", "POST", f"{self._entries_url}/v1/entries", {"Idempotency-Key": key}, body
            )
            if answer is not None and answer.status_code == 201:
                self.acknowledged.append(answer.json()["id"])
                return self.acknowledged[-1]
            await asyncio.sleep(REPEATED_AFTER_S)

    async def read(self, after_entry: str | None = None) -> bool:
        """Read the day, and with `after_entry` only if it holds that entry; say whether it was answered."""
        asked = "" if after_entry is None else f"?after_entry={after_entry}"
        kind = "read" if after_entry is None else "read after entry"
        answer = await self._send(kind, "GET", f"{self._balances_url}/v1/daily-balances/{DAY}{asked}", {})
        return answer is not None and answer.status_code == 200

    async def go_on(self) -> None:
        """Return when GOES_ON requests more have succeeded."""
        wanted = self._succeeded() + GOES_ON
        await until(lambda: self._succeeded() >= wanted, 30)

    def _succeeded(self) -> int:
        return sum(each.succeeded for each in self.requests)

    def begun_between(self, first: float, last: float) -> list[Request]:
        return [each for each in self.requests if first <= each.began < last]

    async def _again_and_again(self, work: Callable) -> None:
        while not self._enough.is_set():
            await work()
            await asyncio.sleep(PAUSE_S)

    async def _send(
        self, kind: str, method: str, url: str, headers: dict, body: object = None
    ) -> httpx2.Response | None:
        began, answer = time.monotonic(), None
        try:
            answer = await self._http.request(method, url, json=body, headers=headers)
            status, problem = answer.status_code, "" if answer.is_success else answer.text
        except httpx2.TransportError as error:
            status, problem = 0, repr(error)
        self.requests.append(Request(kind, began, time.monotonic() - began, status, problem))
        return answer


async def until(holds: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_s} s"
        await asyncio.sleep(0.05)
