"""Clients of a merchant who write and read while something happens to the system."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.harness.merchant import MerchantClient
from tests.harness.waiting import until

DAY = date(2026, 3, 10)
GIVES_UP_AFTER_S = 60.0


def sale(day: date = DAY) -> dict[str, str]:
    return {"direction": "credit", "amount": "1.00", "business_date": day.isoformat(), "description": "Venda"}


class Load:
    """Each client does one of the `works` again and again until the block ends.

    What gets no answer, or one of the statuses in `repeats`, is sent again with its key until it is answered as it
    should be; where there are none, whatever is not answered so at once fails the test. `recorded` are the ids of the
    entries acknowledged, `failures` counts what was answered before, by status or error.
    """

    def __init__(
        self,
        merchant: MerchantClient,
        *works: Callable[["Load"], None],
        repeats: Collection[int] = (),
        pause_s: float = 0.01,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.system = merchant.system
        self.recorded: list[str] = []
        self.asked = 0
        self.failures: Counter[str] = Counter()
        self._works = works or (Load.write,)
        self._repeats, self._pause_s = repeats, pause_s
        self._http = httpx2.Client(headers={"Authorization": f"Bearer {merchant.token}"} | (headers or {}), timeout=20)
        self._enough = Event()
        self._pool = ThreadPoolExecutor(len(self._works))

    def __enter__(self) -> Self:
        self._working = [self._pool.submit(self._go_on, work) for work in self._works]
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._pool.shutdown()
        for client in self._working:
            client.result()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds, or a client has failed."""
        until(lambda: holds() or any(client.done() for client in self._working))

    def wait_for(self, more: int) -> None:
        """Wait until so many more are recorded."""
        wanted = len(self.recorded) + more
        self.until(lambda: len(self.recorded) >= wanted)

    def write(self, day: date = DAY) -> None:
        url, key = f"{self.system.entries_url}/v1/entries", {"Idempotency-Key": str(uuid4())}
        self.recorded.append(self.send("POST", url, 201, headers=key, json=sale(day)).json()["id"])

    def read(self) -> None:
        self.send("GET", f"{self.system.balances_url}/v1/daily-balances/{DAY}", 200)

    def send(self, method: str, url: str, expected: int, **what: Any) -> httpx2.Response:
        """Return the answer that has the status expected, and pause."""
        deadline = time.monotonic() + GIVES_UP_AFTER_S
        while True:
            self.asked += 1
            try:
                answer = self._http.request(method, url, **what)
            except httpx2.TransportError as error:
                if not self._repeats:
                    raise
                self.failures[type(error).__name__] += 1
            else:
                if answer.status_code == expected:
                    self._enough.wait(self._pause_s)
                    return answer
                assert answer.status_code in self._repeats, answer.text
                assert answer.status_code != 503 or "Retry-After" in answer.headers
                self.failures[str(answer.status_code)] += 1
            assert time.monotonic() < deadline, self.failures
            self._enough.wait(max(self._pause_s, 0.05))

    def _go_on(self, work: Callable[["Load"], None]) -> None:
        while not self._enough.is_set():
            work(self)
