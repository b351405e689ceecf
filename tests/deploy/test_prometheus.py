"""The rules and the configuration of deploy/prometheus, as promtool sees them; each alert fires, and does not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.expressions import REFERENCE, ROOT, rules

PROMETHEUS = ROOT / "deploy" / "prometheus"
TESTS = sorted(PROMETHEUS.glob("tests/*.yaml"))
RUNBOOK = "docs/operating/runbook.md"
SLO = (ROOT / "docs" / "operating" / "slo.md").read_text(encoding="utf-8")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: apt install prometheus"
)


def promtool(*arguments: str | Path) -> str:
    ended = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def rules_with(kind: str) -> list[dict]:
    return [rule for rule in rules() if kind in rule]


def outcomes() -> list[tuple[str, bool]]:
    """Return each check of an alert in the tests of the rules: the alert, and whether it has to fire there."""
    found = []
    for file in TESTS:
        for test in yaml.safe_load(file.read_text())["tests"]:
            found += [(each["alertname"], bool(each["exp_alerts"])) for each in test.get("alert_rule_test", [])]
            for each in test.get("promql_expr_test", []):
                name = re.search(r'alertname="(\w+)"', each["expr"])
                if name is not None:
                    found.append((name[1], bool(each["exp_samples"])))
    return found


ALERTS = rules_with("alert")
NAMES = sorted({alert["alert"] for alert in ALERTS})


@needs_promtool
def test_the_configuration_and_its_rules_are_valid():
    assert "SUCCESS" in promtool("check", "config", PROMETHEUS / "prometheus.yaml")


@needs_promtool
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_the_rules_do_what_their_tests_say(file):
    promtool("test", "rules", file)


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_fires_in_a_test_and_does_not_in_another(name):
    assert {fires for alert, fires in outcomes() if alert == name} == {True, False}


def test_the_tests_of_the_rules_name_no_alert_that_is_gone():
    assert {alert for alert, _fires in outcomes()} <= set(NAMES)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_each_alert_says_how_urgent_it_is_and_what_to_do(alert):
    assert alert["labels"]["severity"] in {"page", "ticket"}
    file, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert file == RUNBOOK
    assert anchor == re.sub(r"(?<!^)(?=[A-Z])", "-", alert["alert"]).lower()
    assert f'<a id="{anchor}"></a>**{alert["alert"]}**' in (ROOT / RUNBOOK).read_text(encoding="utf-8")


def test_the_runbook_has_no_row_for_an_alert_that_is_gone():
    rows = re.findall(r'<a id="[a-z-]+"></a>\*\*(\w+)\*\*', (ROOT / RUNBOOK).read_text(encoding="utf-8"))
    assert sorted(rows) == NAMES


def test_the_objectives_in_the_rules_are_those_of_the_page():
    objectives = {
        rule["labels"]["slo"]: float(re.fullmatch(r"vector\((.+)\)", rule["expr"])[1])
        for rule in rules_with("record")
        if rule["record"] == "slo:objective:ratio"
    }
    told = re.findall(r"^\| `(\w+)` \| ([0-9.]+) % ", SLO, re.MULTILINE)
    assert {slo: round(float(percent) / 100, 6) for slo, percent in told} == objectives


def test_each_bound_that_a_rule_asks_for_is_one_of_its_histogram():
    bounds = dict(re.findall(r"^\| `(\w+)` \| ([0-9., ]+) \|$", REFERENCE, re.MULTILINE))
    asked = {
        (histogram, float(bound))
        for rule in rules_with("expr")
        for histogram, bound in re.findall(r'(\w+)_bucket\{(?:[^"}]|"[^"]*")*?le="([0-9.]+)"', rule["expr"])
    }
    assert {("http_request_duration_seconds", 0.1), ("fluxo_recorded_to_visible_seconds", 1.0)} <= asked
    for histogram, bound in asked:
        assert bound in [float(each) for each in bounds[histogram].split(", ")]
