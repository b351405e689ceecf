"""What Grafana wants to be told of a dashboard, said once: a board is rows of panels, each row as wide as the grid."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

Json = dict[str, Any]

GRID_WIDTH: Final = 24
SCHEMA_VERSION: Final = 41  # Grafana 12 reads it, and migrates it when it is older than itself
DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
SERIES: Final[Json] = {"drawStyle": "line", "fillOpacity": 8, "lineWidth": 1, "showPoints": "never", "spanNulls": False}
RATE: Final = "[$__rate_interval]"


class Query(NamedTuple):
    expr: str
    legend: str


class Threshold(NamedTuple):
    """From `value` on the colour holds; None is the lowest."""

    value: float | None
    colour: str


class Panel(NamedTuple):
    title: str
    kind: str
    unit: str
    queries: Sequence[Query]
    what: str
    thresholds: Sequence[Threshold]
    stacked: bool = False


class Row(NamedTuple):
    title: str
    panels: Sequence[Panel]
    height: int = 8


class Board(NamedTuple):
    uid: str
    title: str
    what: str
    rows: Sequence[Row]
    variables: Sequence[Json] = ()


GREEN: Final = (Threshold(None, "green"),)


def lines(
    title: str,
    unit: str,
    *queries: Query,
    what: str = "",
    thresholds: Sequence[Threshold] = GREEN,
    stacked: bool = False,
) -> Panel:
    """A graph over time. `unit` is Grafana's id for it: reqps, s, bytes, percentunit, short and so on."""
    return Panel(title, "timeseries", unit, queries, what, thresholds, stacked)


def figure(title: str, unit: str, *queries: Query, what: str = "", thresholds: Sequence[Threshold] = GREEN) -> Panel:
    """One number for each series, as it is now."""
    return Panel(title, "stat", unit, queries, what, thresholds)


def budget_left(slo: str, title: str) -> Panel:
    return figure(
        title,
        "percentunit",
        Query(f'slo:error_budget_left:ratio30d{{slo="{slo}"}}', ""),
        what="What is left of the month's error budget; below 0 the promise is broken. See docs/operating/slo.md.",
        thresholds=(Threshold(None, "red"), Threshold(0, "orange"), Threshold(0.25, "green")),
    )


def choice(name: str, label: str, query: str) -> Json:
    """A variable whose values Prometheus knows; several or all can be chosen."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def dashboard(board: Board) -> Json:
    """The document that Grafana loads; ids and places follow from the order."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.what,
        "tags": ["fluxo"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_datasource_variable(), *board.variables]},
        "annotations": {"list": [_starts()]},
        "links": [{"type": "dashboards", "tags": ["fluxo"], "title": "Fluxo", "asDropdown": True, "keepTime": True}],
        "panels": _placed(board.rows),
    }


def _datasource_variable() -> Json:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "prometheus"},
    }


def _starts() -> Json:
    return {
        "name": "Starts",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "purple",
        "expr": 'changes(process_start_time_seconds{job=~".*(entries-.+|balances-.+|dashboard)"}[1m]) > 0',
        "titleFormat": "{{instance}} was started",
        "step": "60s",
    }


def _placed(rows: Sequence[Row]) -> list[Json]:
    panels: list[Json] = []
    y = 0
    for row in rows:
        place = {"x": 0, "y": y, "w": GRID_WIDTH, "h": 1}
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": place,
                "panels": [],
            }
        )
        y += 1
        width = GRID_WIDTH // len(row.panels)
        for index, panel in enumerate(row.panels):
            place = {"x": index * width, "y": y, "w": width, "h": row.height}
            panels.append({"id": len(panels) + 1, "gridPos": place, **_panel(panel)})
        y += row.height
    return panels


def _panel(panel: Panel) -> Json:
    steps = [{"value": threshold.value, "color": threshold.colour} for threshold in panel.thresholds]
    defaults: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    options: Json
    if panel.kind == "timeseries":
        coloured = {"color": {"mode": "palette-classic"}, "min": 0}
        stacking = {"stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"}}
        marked = {"thresholdsStyle": {"mode": "line" if len(steps) > 1 else "off"}}
        defaults |= coloured | {"custom": SERIES | stacking | marked}
        options = {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    else:
        defaults |= {"color": {"mode": "thresholds"}}
        options = {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "background",
            "graphMode": "area",
            "textMode": "auto",
        }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.what,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": DATASOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "range": True,
            }
            for index, query in enumerate(panel.queries)
        ],
    }
