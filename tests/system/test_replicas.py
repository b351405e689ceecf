"""Replicas come, go and are restarted while merchants read and write, and nobody who repeats what failed notices."""

import os
import re
import signal
import socket
from decimal import Decimal
from uuid import uuid4

import httpx2
import pytest

from tests.harness.load import DAY, Load, sale

UNAVAILABLE = (502, 503, 504)


def work(load) -> None:
    load.write()
    # Its keys are in the body: the balancer never repeats it.
    bulk = {"mode": "atomic", "entries": [{"idempotency_key": str(uuid4()), **sale()}]}
    answer = load.send("POST", f"{load.system.entries_url}/v1/entries/bulk", 201, json=bulk)
    load.recorded.append(answer.json()["items"][0]["id"])
    load.read()


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
    return {f"{kind}-{instance}" for kind in kinds for instance in range(1, replicas + 1)} | {"dashboard-1"}


def test_all_instances_are_restarted_under_load_and_every_request_is_answered_in_the_end(replicated):
    merchant = replicated.merchant()
    before = {process["name"]: process["pid"] for process in replicated.status()["processes"]}
    with Load(merchant, work, work, repeats=UNAVAILABLE, pause_s=0.05) as load:
        load.wait_for(10)
        restarted = replicated.cli("restart")
        assert restarted.returncode == 0, restarted.stderr
        load.wait_for(10)
    after = {process["name"]: process["pid"] for process in replicated.status()["processes"]}

    assert {name for name in before if before[name] != after[name]} == expected(2)
    # What was under way with an instance as it left may fail once, if the balancer may not pass it on to the other.
    assert load.failures.total() < 0.02 * load.asked, load.failures
    assert_all_of_it_counts(merchant, len(load.recorded))


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
    reconnects = {"Connection": "close"}
    with Load(merchant, work, repeats=UNAVAILABLE, pause_s=0.05, headers=reconnects) as load:
        load.wait_for(5)
        for replicas in (3, 1, 2):
            scaled = replicated.cli("scale", str(replicas))
            assert scaled.returncode == 0, scaled.stderr
            assert f"{replicas} of each" in scaled.stdout
            assert instances(replicated) == expected(replicas)
            load.wait_for(5)
            for instance in range(1, replicas + 1):
                replicated.until(lambda port=replicated.port_base + 50 + instance: answered_by(port))
    assert load.failures == {}
    assert_all_of_it_counts(merchant, len(load.recorded))


def look_up(load) -> None:
    load.read()
    load.send("GET", f"{load.system.entries_url}/v1/entries?limit=1", 200)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
@pytest.mark.parametrize("instance", [1, 2])
def test_whichever_instance_is_killed_or_paused_reads_are_answered_by_the_other(replicated, instance, how):
    names = [f"{service}-api-{instance}" for service in ("entries", "balances")]
    pids = {name: replicated.pid(name) for name in names}
    with Load(replicated.merchant(), *[look_up] * 3, repeats=UNAVAILABLE) as load:
        load.until(lambda: load.asked > 100)
        for pid in pids.values():
            os.kill(pid, how)
        replicated.until(lambda: all(replicated.pid(name) not in (pid, None) for name, pid in pids.items()), 3)
        load.until(replicated.ready)
        enough = load.asked + 100
        load.until(lambda: load.asked > enough)
    assert load.failures.total() <= 0.001 * load.asked, load.failures


def test_without_a_balancer_it_says_what_to_do(system):
    scaled = system.cli("scale", "2")
    assert scaled.returncode == 1
    assert "fluxo up --replicas 2" in scaled.stderr
    assert system.status()["ready"]
