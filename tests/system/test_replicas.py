"""Replicas come, go and are restarted while merchants read and write, and nobody who repeats what failed notices."""

import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Event
from typing import Self
from uuid import uuid4

import httpx2

DAY = date(2026, 3, 10)
BODY = {"direction": "credit", "amount": "1.00", "business_date": DAY.isoformat(), "description": "Venda"}
GIVES_UP_AFTER_S = 60


class Load:
    """Clients that write, one or many at once, and read, and repeat each request until it is answered as it should be.

    `recorded` counts the entries acknowledged, `failures` what was answered before, by status or error.
    """

    PAUSE_S = 0.05

    def __init__(self, merchant, *, clients: int, reconnect: bool) -> None:
        self.merchant = merchant
        self.recorded = 0
        self.asked = 0
        self.failures: Counter[str] = Counter()
        self._headers = {"Authorization": f"Bearer {merchant.token}"} | ({"Connection": "close"} if reconnect else {})
        self._clients = clients
        self._enough = Event()
        self._pool = ThreadPoolExecutor(clients)

    def __enter__(self) -> Self:
        self._working = [self._pool.submit(self._work) for _ in range(self._clients)]
        self.go_on()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for client in self._working:
            client.result()
        self._pool.shutdown()

    def go_on(self) -> None:
        """Wait until some more is recorded."""
        wanted = self.recorded + 5 * self._clients
        self.merchant.system.until(lambda: self.recorded > wanted or any(client.done() for client in self._working))

    def _work(self) -> None:
        system = self.merchant.system
        with httpx2.Client(headers=self._headers, timeout=10) as client:

            def send(method: str, url: str, expected: int, **what) -> None:
                self._until_answered(lambda: client.request(method, url, **what), expected)
                self._enough.wait(self.PAUSE_S)

            while not self._enough.is_set():
                key = {"Idempotency-Key": str(uuid4())}
                send("POST", f"{system.entries_url}/v1/entries", 201, headers=key, json=BODY)
                # Its keys are in the body: the balancer never repeats it.
                bulk = {"mode": "atomic", "entries": [{"idempotency_key": str(uuid4()), **BODY}]}
                send("POST", f"{system.entries_url}/v1/entries/bulk", 201, json=bulk)
                self.recorded += 2
                send("GET", f"{system.balances_url}/v1/daily-balances/{DAY}", 200)

    def _until_answered(self, ask, status: int) -> None:
        deadline = time.monotonic() + GIVES_UP_AFTER_S
        while True:
            self.asked += 1
            try:
                answer = ask()
            except httpx2.TransportError as error:
                self.failures[type(error).__name__] += 1
            else:
                if answer.status_code == status:
                    return
                assert answer.status_code in (502, 503, 504), answer.text
                self.failures[str(answer.status_code)] += 1
            assert time.monotonic() < deadline, self.failures
            self._enough.wait(self.PAUSE_S)


def assert_all_of_it_counts(merchant, recorded: int) -> None:
    entry = merchant.record("credit", "1.00", DAY)
    day = merchant.day(DAY, after=entry["id"])
    merchant.system.until(lambda: merchant.day(DAY)["entry_count"] == recorded + 1)
    assert Decimal(merchant.day(DAY)["closing_balance"]) == recorded + 1 >= day["entry_count"]
    verified = merchant.system.cli("verify", "--merchant", merchant.merchant_id)
    assert verified.returncode == 0, verified.stdout


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


def test_all_instances_are_restarted_under_load_and_every_request_is_answered_in_the_end(replicated):
    merchant = replicated.merchant()
    before = {process["name"]: process["pid"] for process in replicated.status()["processes"]}
    with Load(merchant, clients=2, reconnect=False) as load:
        restarted = replicated.cli("restart")
        assert restarted.returncode == 0, restarted.stderr
        load.go_on()
    after = {process["name"]: process["pid"] for process in replicated.status()["processes"]}

    assert {name for name in before if before[name] != after[name]} == expected(2)
    # What was under way with an instance as it left may fail once, if the balancer may not pass it on to the other.
    assert load.failures.total() < 0.02 * load.asked, load.failures
    assert_all_of_it_counts(merchant, load.recorded)


def test_an_instance_that_cannot_start_leaves_it_as_it_was(replicated):
    with socket.create_server(("127.0.0.1", replicated.port_base + 53)):
        scaled = replicated.cli("scale", "3")
    assert scaled.returncode == 1
    assert "entries-api-3" in scaled.stderr
    assert instances(replicated) == expected(2)
    replicated.merchant().record("credit", "1.00")
    # That the same change succeeds later is part of what follows.


def test_replicas_are_added_and_removed_without_failing_a_request(replicated):
    merchant = replicated.merchant()
    with Load(merchant, clients=1, reconnect=True) as load:
        for replicas in (3, 1, 2):
            scaled = replicated.cli("scale", str(replicas))
            assert scaled.returncode == 0, scaled.stderr
            assert f"{replicas} of each" in scaled.stdout
            assert instances(replicated) == expected(replicas)
            load.go_on()
            for instance in range(1, replicas + 1):
                replicated.until(lambda port=replicated.port_base + 50 + instance: answered_by(port))
    assert load.failures == {}
    assert_all_of_it_counts(merchant, load.recorded)


def test_without_a_balancer_it_says_what_to_do(system):
    scaled = system.cli("scale", "2")
    assert scaled.returncode == 1
    assert "fluxo up --replicas 2" in scaled.stderr
    assert system.status()["ready"]
