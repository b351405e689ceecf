"""Replicas come and go while merchants read and write, and no request fails."""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx2
import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") is None,
    reason="nginx is not on this machine: apt install nginx-light",
)


class Load:
    """Writes and reads one after the other, each on a connection of its own; `failures` are those that failed."""

    def __init__(self, merchant) -> None:
        self.recorded = 0
        self.failures: list[str] = []
        self._merchant = merchant
        self._headers = {"Authorization": f"Bearer {merchant.token}", "Connection": "close"}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def going_on(self) -> Iterator["Load"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self._thread.join()

    def _run(self) -> None:
        system = self._merchant.system
        body = {"direction": "credit", "amount": "1.00", "description": "Venda", "business_date": "2026-01-02"}
        while not self._ended.is_set():
            key = {"Idempotency-Key": str(uuid4())}
            self.recorded += self._send("POST", f"{system.entries_url}/v1/entries", 201, headers=key, json=body)
            # Its keys are in the body: the balancer never repeats it.
            bulk = {"mode": "atomic", "entries": [{"idempotency_key": str(uuid4()), **body}]}
            self.recorded += self._send("POST", f"{system.entries_url}/v1/entries/bulk", 201, json=bulk)
            self._send("GET", f"{system.balances_url}/v1/daily-balances/2026-01-02", 200)

    def _send(self, method: str, url: str, expected: int, headers: dict[str, str] | None = None, **what) -> bool:
        try:
            answer = httpx2.request(method, url, headers=self._headers | (headers or {}), timeout=10, **what)
        except httpx2.HTTPError as error:
            self.failures.append(f"{method}: {error!r}")
            return False
        if answer.status_code != expected:
            self.failures.append(f"{method}: {answer.status_code} {answer.text}")
        return answer.status_code == expected


def instances(system) -> set[str]:
    state = system.status()
    assert state["ready"]
    return {process["name"] for process in state["processes"] if process["name"].rpartition("-")[2].isdecimal()}


def answered_by(port: int) -> float:
    """How many writes the instance of the entries API has answered."""
    metrics = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    counts = re.findall(
        r'^http_request_duration_seconds_count\{[^}]*route="/v1/entries[^"]*"[^}]*\} (\S+)$', metrics, re.MULTILINE
    )
    return sum(map(float, counts))


def expected(replicas: int) -> set[str]:
    kinds = ("entries-api", "entries-relay", "balances-api", "balances-projector")
    return {f"{kind}-{instance}" for kind in kinds for instance in range(1, replicas + 1)}


def test_replicas_are_added_and_removed_without_failing_a_request(own_system):
    own_system.start("--replicas", "2")
    merchant = own_system.merchant()
    with Load(merchant).going_on() as load:
        for replicas in (3, 1, 2):
            before = load.recorded
            scaled = own_system.cli("scale", str(replicas))
            assert scaled.returncode == 0, scaled.stderr
            assert f"{replicas} of each" in scaled.stdout
            assert instances(own_system) == expected(replicas)
            own_system.until(lambda so_far=before: load.recorded > so_far + 5, 20)
            for instance in range(1, replicas + 1):
                own_system.until(lambda port=own_system.port_base + 50 + instance: answered_by(port), 20)
    assert load.failures == []
    entry = merchant.record("credit", "1.00")
    day = merchant.day("2026-01-02", after=entry["id"])
    assert day["entry_count"] == load.recorded
    assert own_system.cli("verify").returncode == 0


def test_an_instance_that_cannot_start_leaves_it_as_it_was(own_system):
    own_system.start("--replicas", "2")
    with socket.create_server(("127.0.0.1", own_system.port_base + 53)):
        scaled = own_system.cli("scale", "3")
    assert scaled.returncode == 1
    assert "entries-api-3" in scaled.stderr
    assert instances(own_system) == expected(2)
    merchant = own_system.merchant()
    merchant.record("credit", "1.00")
    assert own_system.cli("scale", "3").returncode == 0
    assert instances(own_system) == expected(3)


def test_without_a_balancer_it_says_what_to_do(system):
    scaled = system.cli("scale", "2")
    assert scaled.returncode == 1
    assert "fluxo up --replicas 2" in scaled.stderr
    assert system.status()["ready"]
