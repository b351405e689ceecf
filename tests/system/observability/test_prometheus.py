"""Prometheus itself scrapes a running system as deploy/prometheus tells it to, rules and dashboards included."""

import re
import shutil
import socket
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import httpx2
import pytest

from tests.deploy.expressions import REFERENCE, ROOT, in_dashboards, in_rules, metrics_of, rules

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is missing: apt install prometheus"
)

OBJECTIVES = 3
DAY = date(2026, 11, 24)
MAY_BE_QUIET = {"business: Starts", "pipeline: Starts", "services: Starts", "services: Failed (5xx), as a share"}


class Prometheus:
    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=5)

    def is_ready(self) -> bool:
        try:
            return self._http.get("/-/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def get(self, path: str, **parameters: str):
        answer = self._http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, f"{parameters}: {answer.text}"
        return answer.json()["data"]

    def query(self, expression: str) -> list[dict]:
        return self.get("query", query=expression)["result"]

    def targets(self) -> dict[str, str]:
        return {each["labels"]["instance"]: each["health"] for each in self.get("targets")["activeTargets"]}

    def rules(self) -> list[dict]:
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def prometheus(system, tmp_path_factory) -> Iterator[Prometheus]:
    """Prometheus with this project's files, except that it looks every second."""
    home = tmp_path_factory.mktemp("prometheus")
    shutil.copytree(ROOT / "deploy" / "prometheus", home / "etc")
    for file in [home / "etc" / "prometheus.yaml", *(home / "etc" / "rules").glob("*.yaml")]:
        file.write_text(re.sub(r"interval: [0-9]+[sm]", "interval: 1s", file.read_text()))
    (home / "etc" / "targets" / "fluxo.json").write_text(system.cli("status", "--targets").stdout)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={home / 'etc' / 'prometheus.yaml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            running = Prometheus(f"http://{address}")
            system.until(lambda: process.poll() is not None or running.is_ready())
            assert process.poll() is None, (home / "log").read_text()
            yield running
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def watched(system, prometheus) -> Prometheus:
    """Prometheus once a merchant has worked for some seconds, and every rule has been evaluated on what came of it."""
    merchant = system.merchant()
    recorded = {rule["record"] for rule in rules() if "record" in rule}

    def is_seen() -> bool:
        for direction in ("credit", "debit"):
            entry = merchant.record(direction, "10.00", DAY)
            merchant.day(DAY, after=entry["id"])
            merchant.day(DAY)
            merchant.days(DAY, DAY)
        assert merchant.post("/v1/entries", {}, "k").status_code == 422
        assert merchant.http.get(f"{system.balances_url}/v1/daily-balances/never").status_code == 422
        # Each group of rules is evaluated at an instant of its own.
        series = set(prometheus.get("label/__name__/values"))
        return recorded <= series and len(prometheus.query("slo:error_budget_left:ratio30d")) == OBJECTIVES

    system.until(is_seen)
    return prometheus


def test_every_process_is_found_and_answers(system, watched):
    services = {"entries-api-1", "entries-relay-1", "balances-api-1", "balances-projector-1", "dashboard-1"}
    assert watched.targets() == dict.fromkeys(services, "up")


def test_each_process_measures_what_the_reference_says(watched):
    told = defaultdict(set)
    rows = re.findall(
        r"^\| `(\w+)` \| (?:counter|gauge|histogram) \|.*?\|.*?\| ([a-z<>-]+) \|", REFERENCE, re.MULTILINE
    )
    for name, processes in rows:
        for process in processes.split("<br>"):
            told[process].add(name)
    assert len(told) == 5
    library = ("process_", "python_")
    for process, names in told.items():
        found = watched.get("targets/metadata", match_target=f'{{job="{process}"}}')
        measured = {each["metric"] for each in found if not each["metric"].endswith("_created")}
        assert {name for name in measured if not name.startswith(library)} == names
        of_the_library = {name for name in measured if name.startswith(library)}
        assert of_the_library <= set(re.findall(r"`(\w+)`", REFERENCE))


def test_every_metric_that_a_rule_or_a_dashboard_names_exists(watched):
    names = set().union(*(metrics_of(each.text) for each in in_rules() + in_dashboards()))
    families = set(watched.get("metadata"))
    series = set(watched.get("label/__name__/values"))
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert recorded <= series
    measured = {re.sub(r"_(bucket|sum|count)\Z", "", name) for name in names - recorded - {"up", "ALERTS"}}
    assert measured <= families


def test_every_rule_is_evaluated_without_an_error(system, watched):
    system.until(lambda: all(rule["health"] != "unknown" for rule in watched.rules()))
    evaluated = watched.rules()
    assert len(evaluated) == len(list(rules()))
    assert {rule["name"]: rule.get("lastError") for rule in evaluated if rule["health"] != "ok"} == {}


def test_a_system_that_is_well_wakes_nobody_and_accepts_every_write(watched):
    # How fast a busy machine answers is no matter of this test.
    assert watched.query('ALERTS{severity="page", alertstate="firing", alertname!~"ErrorBudget.*"}') == []
    (accepted,) = watched.query('slo:error_budget_left:ratio30d{slo="writes_accepted"}')
    assert float(accepted["value"][1]) == 1


def test_every_panel_has_something_to_show(system, watched):
    def quiet() -> set[str]:
        shown = defaultdict(list)
        for each in in_dashboards():
            shown[each.place] += watched.query(each.text)
        return {place for place, series in shown.items() if not series}

    # A gauge that is measured every five seconds may come late; a rate needs two looks.
    system.until(lambda: quiet() <= MAY_BE_QUIET)
