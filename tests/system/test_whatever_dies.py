"""Any process may be killed, the stream emptied: what was acknowledged is in its day exactly once."""

import os
import signal
from decimal import Decimal

import httpx2
import pytest
import redis

from tests.harness.load import DAY, Load

HEALS_WITHIN_S = 60


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
    with Load(merchant, repeats={503}) as load:
        load.wait_for(20)
        pid = system.pid(victim)
        os.kill(pid, signal.SIGKILL)
        system.until(lambda: system.ready() and system.pid(victim) != pid, HEALS_WITHIN_S)
        load.wait_for(20)

    assert_each_counts_once(merchant, load.recorded)


def test_an_emptied_stream_is_filled_again_from_the_outbox(system):
    merchant = system.merchant()
    with Load(merchant, repeats={503}) as load:
        load.wait_for(20)
        with redis.Redis.from_url(system.environment["FLUXO_STREAMS_URL"]) as client:
            client.flushall()
        load.wait_for(20)

    assert_each_counts_once(merchant, load.recorded)
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
