"""A merchant's every request, what must hold for the answers, and servers that are stopped under it."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event
from typing import Self
from uuid import uuid4

import httpx2
import pytest

from tests.harness.slowness import slowness

DAY = date(2026, 3, 10)
ANSWERED_WITHIN_S = 2.0
WAITS_FOR_ENTRY_S = 2.0
HEALTH_WITHIN_S = 1.0
PATHS = ("/live", "/ready", "")
REPEATED_AT_ONCE = 50
NO_TLS = False
"""Loading the certificates of all authorities takes a client longer than what is asked here."""
AT_ONCE = 8
"""Of each kind of request: in all more than any service has connections to its database."""


@dataclass(frozen=True)
class Ask:
    method: str
    url: str
    body: object = None
    key: str | None = None


@dataclass(frozen=True)
class Answer:
    ask: Ask
    status: int
    headers: dict[str, str]
    body: dict
    seconds: float


def answers(merchant, asks: Sequence[Ask]) -> list[Answer]:
    """Ask all of it at once, each over a connection of its own."""

    async def ask_all() -> list[Answer]:
        headers = {"Authorization": f"Bearer {merchant.token}"}
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(headers=headers, timeout=20, limits=limits, verify=NO_TLS) as client:

            async def answer(ask: Ask) -> Answer:
                started = time.perf_counter()
                key = {} if ask.key is None else {"Idempotency-Key": ask.key}
                response = await client.request(ask.method, ask.url, json=ask.body, headers=key)
                seconds = time.perf_counter() - started
                return Answer(ask, response.status_code, dict(response.headers), response.json(), seconds)

            return await asyncio.gather(*map(answer, asks))

    return asyncio.run(ask_all())


def credit() -> dict[str, object]:
    return {"direction": "credit", "amount": "1.00", "business_date": DAY.isoformat(), "description": "Venda"}


class Degraded:
    """A merchant's every request, and what must hold for the answers."""

    def __init__(self, merchant) -> None:
        self.merchant = merchant
        self.system = merchant.system
        self.until = self.system.until
        self.entries, self.balances = self.system.entries_url, self.system.balances_url
        self.writes: list[Ask] = []
        # A test that failed may have left before all was well again.
        self.until(lambda: self.one(self.post()).status == 201)
        self.entry = merchant.record("credit", "1.00", DAY)
        recorded = Ask("GET", f"{self.balances}/v1/daily-balances/{DAY}?after_entry={self.entry['id']}")
        self.until(lambda: self.one(recorded).status == 200)
        self.cached = Ask("GET", f"{self.balances}/v1/daily-balances/{DAY}")
        self.until(lambda: self.one(self.cached).headers.get("cache-status") == "fluxo; hit")
        self.not_cached = Ask("GET", f"{self.balances}/v1/daily-balances/2020-01-01")
        self.after_entry = Ask("GET", f"{self.balances}/v1/daily-balances/{DAY}?after_entry={uuid4()}")
        self.health = [Ask("GET", f"{url}/health{path}") for url in (self.entries, self.balances) for path in PATHS]

    def post(self) -> Ask:
        return self._kept(Ask("POST", f"{self.entries}/v1/entries", credit(), str(uuid4())))

    def entries_requests(self) -> list[Ask]:
        bulk = {"mode": "partial", "entries": [{"idempotency_key": str(uuid4()), **credit()} for _ in range(10)]}
        return [
            self.post(),
            self._kept(Ask("POST", f"{self.entries}/v1/entries/bulk", bulk)),
            Ask("GET", f"{self.entries}/v1/entries/{self.entry['id']}"),
            Ask("GET", f"{self.entries}/v1/entries?limit=10"),
            Ask("GET", f"{self.entries}/v1/merchant"),
            Ask("PATCH", f"{self.entries}/v1/merchant", {"name": "Padaria"}),
        ]

    def _kept(self, write: Ask) -> Ask:
        self.writes.append(write)
        return write

    def all(self, asks: Sequence[Ask]) -> list[Answer]:
        return answers(self.merchant, asks)

    def one(self, ask: Ask) -> Answer:
        return self.all([ask])[0]

    def get(self, url: str) -> Answer:
        return self.one(Ask("GET", url))

    def ask_everything(self) -> dict[str, list[Answer]]:
        """Send a burst of all there is to ask, and see that each is answered in time and none with an error."""
        entries = [ask for _ in range(AT_ONCE) for ask in self.entries_requests()]
        slow = slowness()
        found = answers(
            self.merchant,
            [*entries, *[self.cached] * AT_ONCE, *[self.not_cached] * AT_ONCE, self.after_entry, *self.health],
        )
        slow = max(slow, slowness())
        by_kind = {
            "entries": found[: len(entries)],
            "cached": [answer for answer in found if answer.ask == self.cached],
            "not cached": [answer for answer in found if answer.ask == self.not_cached],
            "after entry": [answer for answer in found if answer.ask == self.after_entry],
            "health": [answer for answer in found if answer.ask in self.health],
        }
        for kind, answered in by_kind.items():
            # Who waits for an entry waits as long as it asked to, and then for an answer like everybody else.
            allowed_s = {"after entry": WAITS_FOR_ENTRY_S + ANSWERED_WITHIN_S, "health": HEALTH_WITHIN_S}
            limit_s = allowed_s.get(kind, ANSWERED_WITHIN_S) * slow
            assert [(each.ask, each.seconds) for each in answered if each.seconds > limit_s] == []
        for each in found:
            assert each.status in (200, 201, 207, 503), each
            assert each.ask in self.health or each.status != 503 or each.headers["retry-after"] == "1", each
        return by_kind

    def balances_health(self, path: str = "") -> Answer:
        return self.one(Ask("GET", f"{self.balances}/health{path}"))

    def check(self, name: str) -> str:
        return self.balances_health().body["checks"][name][0]["status"]

    def metric(self, url: str, name: str) -> float:
        lines = self.merchant.http.get(f"{url}/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))

    def pending_rows(self) -> float:
        """What the relay says to wait in the outbox."""
        return self.metric(f"http://127.0.0.1:{self.system.port_base + 11}", "fluxo_outbox_pending_rows")

    def steady_writes(self, pause_s: float = 0.0) -> "SteadyWrites":
        return SteadyWrites(self, pause_s)

    @contextmanager
    def stopped(self, *names: str) -> Iterator[None]:
        """Stop processes with all their children: connections stay open, the kernel takes new ones, nobody answers."""
        pids = self.signal_families(signal.SIGSTOP, *names)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def signal_families(self, number: signal.Signals, *names: str) -> list[int]:
        """Send a signal to processes and their children, parents first, so that no more are born; returns all."""
        pids = []
        for leader in [self.system.pid(name) for name in names]:
            os.kill(leader, number)
            pids.append(leader)
            for stat in Path("/proc").glob("[0-9]*/stat"):
                with suppress(OSError):
                    if int(stat.read_text().rpartition(")")[2].split()[1]) == leader:
                        os.kill(int(stat.parent.name), number)
                        pids.append(int(stat.parent.name))
        return pids

    def heal(self) -> None:
        """Wait until all of it works again, repeat every write with its keys, and see that each counts once."""

        probes = [*self.entries_requests(), self.cached, self.not_cached, *self.health]
        self.until(lambda: all(each.status < 300 for each in answers(self.merchant, probes)))
        assert {each.status for each in self.ask_everything()["entries"]} == {200, 201, 207}
        for start in range(0, len(self.writes), REPEATED_AT_ONCE):
            repeated = answers(self.merchant, self.writes[start : start + REPEATED_AT_ONCE])
            assert {each.status for each in repeated} <= {201, 207}
        recorded = 1 + sum(len(write.body.get("entries", [0])) for write in self.writes)
        listed = self.merchant.entries(limit=500)
        assert len({entry["id"] for entry in listed}) == len(listed) == recorded
        last = max(listed, key=lambda entry: entry["recorded_at"])
        self.until(lambda: self.one(Ask("GET", f"{self.cached.url}?after_entry={last['id']}")).status == 200)
        self.until(lambda: self.one(self.cached).body["entry_count"] == recorded)


class SteadyWrites:
    """Twenty writers at work at any instant, each with one write after the other."""

    WRITERS = 20

    def __init__(self, degraded: Degraded, pause_s: float) -> None:
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        self._degraded = degraded
        self._pause_s = pause_s
        self._enough = Event()
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        self._writing = self._pool.submit(asyncio.run, self._write_on_and_on())
        self._degraded.until(lambda: len(self.statuses) > 5 * self.WRITERS)
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._writing.result()
        self._pool.shutdown()

    async def _write_on_and_on(self) -> None:
        headers = {"Authorization": f"Bearer {self._degraded.merchant.token}"}
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(headers=headers, timeout=20, limits=limits, verify=NO_TLS) as client:
            await asyncio.gather(*(self._write_in_turn(client) for _ in range(self.WRITERS)))

    async def _write_in_turn(self, client: httpx2.AsyncClient) -> None:
        while not self._enough.is_set():
            ask = self._degraded.post()
            started = time.perf_counter()
            response = await client.post(ask.url, json=ask.body, headers={"Idempotency-Key": ask.key})
            self.seconds.append(time.perf_counter() - started)
            self.statuses.append(response.status_code)
            await asyncio.sleep(self._pause_s)


@pytest.fixture
def degraded(system) -> Degraded:
    return Degraded(system.merchant())
