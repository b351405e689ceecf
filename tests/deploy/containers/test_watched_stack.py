"""The profile `observability` over the running stack, with Debian's Prometheus: what is told of each fault."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.deploy.containers.recorder import Recorder
from tests.deploy.containers.stack import Stack
from tests.harness.waiting import until

pytestmark = pytest.mark.timeout(600)

# After the last event, as an id before it would be refused, and a much later one would make the relay begin again.
UNREADABLE = """
local last, sequence = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]:match('(%d+)-(%d+)')
return redis.call('XADD', KEYS[1], last .. '-' .. string.format('%d', sequence + 1), 'event', 'unreadable')
"""


class Prometheus:
    """Asked from inside its container: its port is open to the engine's host alone."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def _ask(self, path: str) -> str:
        (container,) = self._stack.containers("prometheus").values()
        url = f"http://127.0.0.1:9090{path}"
        return self._stack.engine.docker("exec", container["Id"], "curl", "--silent", "--fail", url)

    def _get(self, path: str) -> dict:
        return json.loads(self._ask(f"/api/v1/{path}"))["data"]

    def is_ready(self) -> bool:
        try:
            return bool(self._ask("/-/ready"))
        except AssertionError:
            return False

    def up(self) -> list[str]:
        """The jobs of the targets that answer."""
        return sorted(each["labels"]["job"] for each in self._get("targets")["activeTargets"] if each["health"] == "up")

    def started(self, job: str) -> float:
        """When the newest process of a job started, in seconds since 1970; 0 while none is known."""
        newest = self._get(f"query?query=max(process_start_time_seconds%7Bjob=%22{job}%22%7D)")["result"]
        return float(newest[0]["value"][1]) if newest else 0

    def firing(self) -> set[tuple[str, str]]:
        """Name and job of each alert that would wake somebody."""
        return {
            (alert["labels"]["alertname"], alert["labels"].get("job", ""))
            for alert in self._get("alerts")["alerts"]
            if alert["state"] == "firing"
        }


@pytest.fixture(scope="module")
def prometheus(stack) -> Prometheus:
    """With this project's rules, but that a minute of theirs is six seconds."""
    for file in (stack.folder.parent / "prometheus").rglob("*.yaml"):
        hurried = re.sub(r"\b([0-9]+)m\b", lambda minutes: f"{6 * int(minutes[1])}s", file.read_text())
        file.write_text(re.sub(r"interval: (10|15)s", "interval: 2s", hurried))
    stack.compose("--profile", "observability", "up", "--detach", "--no-deps", "prometheus")
    prometheus = Prometheus(stack)
    until(prometheus.is_ready, what="Prometheus", every_s=1)
    until(lambda: len(prometheus.up()) == 7, what="seven targets", every_s=1)
    return prometheus


@contextmanager
def mended(stack: Stack, service: str) -> Iterator[None]:
    stack.compose("stop", service)
    try:
        yield
    finally:
        stack.compose("start", service)


def test_every_process_is_a_target_and_nothing_fires(prometheus):
    assert prometheus.up() == [
        *["balances-api"] * 2,
        "balances-projector",
        "dashboard",
        *["entries-api"] * 2,
        "entries-relay",
    ]
    until(lambda: not prometheus.firing(), what="no alert", every_s=1)


def test_a_projector_that_is_stopped_is_missed_and_so_is_its_work(stack, prometheus, saw):
    expected = {("ProcessGone", "balances-projector"), ("ProjectionStalled", "")}
    with Recorder(stack, "unprojected").running():
        with mended(stack, "balances-projector"):
            fires(prometheus, expected, saw)
        until(lambda: not expected & prometheus.firing(), what="an end of the alerts", every_s=1)


def test_a_streams_server_that_is_stopped_is_missed_by_the_relay(stack, prometheus, saw):
    expected = {("DependencyAway", "entries-relay")}
    with Recorder(stack, "unpublished").running():
        with mended(stack, "streams"):
            fires(prometheus, expected, saw)
        until(lambda: not expected & prometheus.firing(), what="an end of the alert", every_s=1)


def test_a_cache_server_that_is_stopped_is_missed_by_who_does_without_and_who_waits_for_it(stack, prometheus, saw):
    expected = {
        ("NearCacheNotTold", "balances-api"),
        ("ProjectorUnsettled", ""),
        ("SpareDependencyAway", "balances-api"),
    }
    with Recorder(stack, "untold").running(), stack.merchant() as reader:
        with mended(stack, "cache"):
            fires(prometheus, expected, saw, meanwhile=lambda: stack.balance(reader))
        until(lambda: not expected & prometheus.firing(), what="an end of the alerts", every_s=1)


def test_a_process_that_is_started_again_and_again_is_told_of(stack, prometheus, saw):
    (relay,) = stack.containers("entries-relay").values()
    for times in range(3):
        started = prometheus.started("entries-relay")
        stack.engine.kill(relay["Id"])
        until(lambda before=started: prometheus.started("entries-relay") > before, what=f"start {times}", every_s=1)
    fires(prometheus, {("ProcessRestarts", "entries-relay")}, saw)


def test_an_unreadable_event_is_a_dead_letter_until_it_is_discarded(stack, prometheus, saw):
    (streams,) = stack.containers("streams").values()
    stack.engine.docker("exec", streams["Id"], "valkey-cli", "eval", UNREADABLE, "1", "fluxo.entries")
    fires(prometheus, {("DeadLetters", "")}, saw)
    stack.compose("run", "--rm", "balances-projector", "dead-letters", "discard", "--all")
    until(lambda: ("DeadLetters", "") not in prometheus.firing(), what="an end of the alert", every_s=1)


def fires(
    prometheus: Prometheus,
    expected: set[tuple[str, str]],
    saw: Callable[[str, float], None],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    since = time.monotonic()
    until(lambda: (meanwhile(), expected <= prometheus.firing())[1], what=f"{expected}", every_s=1)
    saw(f"until {', '.join(name for name, _ in sorted(expected))} fired, with minutes of six seconds", since)
