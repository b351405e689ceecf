"""Which metrics a PromQL expression asks for, and which of them there can be."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yaml"))
REFERENCE = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")

PROMETHEUS_OWN = {"up", "ALERTS"}
_OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_METRICS = re.compile(
    r"\{[^{}]*\}"  # matchers, once their strings are gone
    r"|\[[^\]]*\]"  # ranges
    r"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
)
_NAME = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b(?!\()")


class Expression(NamedTuple):
    place: str
    text: str


def metrics_of(expression: str) -> set[str]:
    bare = _NOT_METRICS.sub(" ", _STRINGS.sub("", expression))
    return {name for name in _NAME.findall(bare) if name.lower() not in _OPERATORS}


def rules() -> Iterator[dict]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def in_rules() -> list[Expression]:
    return [Expression(rule.get("record") or rule["alert"], rule["expr"]) for rule in rules()]


def in_dashboards() -> list[Expression]:
    """Return the expressions with Grafana's own variables filled in."""
    found = []
    for file in DASHBOARDS:
        board = json.loads(file.read_text(encoding="utf-8"))
        asked = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
        asked += [(each["name"], each["expr"]) for each in board["annotations"]["list"]]
        found += [Expression(f"{file.stem}: {title}", _filled(expr)) for title, expr in asked]
    return found


def known() -> set[str]:
    """Return every name that can be asked for: of the reference with a histogram's series, of rules, of Prometheus."""
    names = set()
    for name, kind in re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) ", REFERENCE, re.MULTILINE):
        names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    of_the_library = REFERENCE.partition("## Of the client library")[2]
    names |= set(re.findall(r"`((?:process|python)_\w+)`", of_the_library))
    return names | PROMETHEUS_OWN | {rule["record"] for rule in rules() if "record" in rule}


def unknown(expressions: Iterable[Expression]) -> dict[str, set[str]]:
    """Return by place the metrics that an expression there asks for and that nobody has."""
    names = known()
    missing = {each.place: metrics_of(each.text) - names for each in expressions}
    return {place: metrics for place, metrics in missing.items() if metrics}


def _filled(expression: str) -> str:
    return expression.replace("$__rate_interval", "1m").replace("$job", ".*")
