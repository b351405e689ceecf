"""Any process may be killed, the stream emptied: what was acknowledged is in its day exactly once."""

import os
import signal
from datetime import date
from decimal import Decimal
from threading import Event, Thread
from uuid import uuid4

import httpx2
import pytest
import redis
from fluxo_local.runtime import load_environment

DAY = date(2026, 3, 10)
HEALS_WITHIN_S = 60


class Writer:
    """Records R$ 1.00 after R$ 1.00, and repeats what got no 201 with the same key until it has one."""

    def __init__(self, merchant):
        self.merchant = merchant
        self.acknowledged = []
        self._enough = Event()
        self._thread = Thread(target=self._run)

    def _run(self):
        while not self._enough.is_set():
            self.acknowledged.append(self._record_one(str(uuid4())))

    def _record_one(self, key):
        body = {"direction": "credit", "amount": "1.00", "business_date": DAY.isoformat(), "description": "Venda"}
        while True:
            try:
                answer = self.merchant.post("/v1/entries", body, key)
            except httpx2.TransportError:
                self._enough.wait(0.05)
                continue
            if answer.status_code == 201:
                return answer.json()["id"]
            assert answer.status_code == 503, answer.text
            assert "Retry-After" in answer.headers
            self._enough.wait(0.05)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        self._thread.join(HEALS_WITHIN_S)
        assert not self._thread.is_alive()

    def wait_for_acknowledged(self, more):
        wanted = len(self.acknowledged) + more
        self.merchant.system.until(lambda: len(self.acknowledged) >= wanted, HEALS_WITHIN_S)


def settled_day(merchant, entry_id):
    """Return the day once the entry is part of it, asking again as long as the service asks for patience."""
    answers = []

    def settled():
        try:
            answers.append(
                merchant.http.get(
                    f"{merchant.system.balances_url}/v1/daily-balances/{DAY}", params={"after_entry": entry_id}
                )
            )
        except httpx2.TransportError:
            return False
        return answers[-1].status_code == 200

    merchant.system.until(settled, HEALS_WITHIN_S)
    return answers[-1].json()


def assert_each_counts_once(merchant, acknowledged):
    assert len(set(acknowledged)) == len(acknowledged)
    day = settled_day(merchant, acknowledged[-1])
    listed = [entry["id"] for entry in merchant.entries(limit=500)]
    assert sorted(listed) == sorted(acknowledged)
    assert (day["entry_count"], Decimal(day["closing_balance"])) == (len(acknowledged), Decimal(len(acknowledged)))


@pytest.mark.parametrize(
    "victim",
    [
        "entries-relay-1",
        "balances-projector-1",
        "balances-api-1",
        "entries-api-1",
        "valkey-cache",
        "valkey-streams",
        "postgres",
    ],
)
def test_a_kill_under_writes_loses_nothing_and_counts_nothing_twice(system, victim):
    merchant = system.merchant()
    with Writer(merchant) as writer:
        writer.wait_for_acknowledged(20)
        pid = system.pid(victim)
        os.kill(pid, signal.SIGKILL)
        system.until(lambda: system.ready() and system.pid(victim) != pid, HEALS_WITHIN_S)
        writer.wait_for_acknowledged(20)

    assert_each_counts_once(merchant, writer.acknowledged)


def test_an_emptied_stream_is_filled_again_from_the_outbox(system):
    merchant = system.merchant()
    with Writer(merchant) as writer:
        writer.wait_for_acknowledged(20)
        with redis.Redis.from_url(load_environment(system.data_dir)["FLUXO_STREAMS_URL"]) as client:
            client.flushall()
        writer.wait_for_acknowledged(20)

    assert_each_counts_once(merchant, writer.acknowledged)
    assert system.cli("verify", "--merchant", merchant.merchant_id).returncode == 0


def test_entries_are_recorded_while_the_whole_balances_side_is_stopped_and_are_consolidated_when_it_returns(system):
    merchant = system.merchant()
    stopped = [system.pid(name) for name in ("balances-projector-1", "balances-api-1", "valkey-streams")]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        recorded = [merchant.record("credit", "1.00", DAY)["id"] for _ in range(50)]
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)

    assert_each_counts_once(merchant, recorded)
