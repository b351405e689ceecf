"""Writes Kibana's saved objects, one JSON object a line: `python deploy/elk/kibana_objects.py deploy/elk/kibana`.

A data view, a search for what went wrong, four visualizations and the dashboard that shows them.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

DATA_VIEW: Final = "fluxo-logs"
IN_VIEW: Final = [
    {"name": "kibanaSavedObjectMeta.searchSourceJSON.index", "type": "index-pattern", "id": DATA_VIEW},
]
EVERY: Final = {"field": "@timestamp", "interval": "auto", "min_doc_count": 1, "drop_partials": False}


def _saved(kind: str, identifier: str, attributes: Json, references: list[Json]) -> Json:
    return {"type": kind, "id": identifier, "attributes": attributes, "references": references}


def _source(query: str) -> Json:
    source = {
        "query": {"language": "kuery", "query": query},
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }
    return {"searchSourceJSON": json.dumps(source)}


def _terms(number: int, field: str, schema: str, size: int = 10, order_by: str = "1") -> Json:
    params = {"field": field, "size": size, "order": "desc", "orderBy": order_by}
    return {"id": str(number), "enabled": True, "type": "terms", "schema": schema, "params": params}


def _metric(number: int, kind: str, **params: object) -> Json:
    return {"id": str(number), "enabled": True, "type": kind, "schema": "metric", "params": params}


def _over_time(number: int) -> Json:
    return {"id": str(number), "enabled": True, "type": "date_histogram", "schema": "segment", "params": EVERY}


def _visualization(identifier: str, title: str, kind: str, query: str, aggregations: list[Json]) -> Json:
    params: Json = {"type": kind, "addLegend": True, "addTooltip": True, "legendPosition": "right"}
    if kind == "table":
        params = {"perPage": 10, "showTotal": False}
    state = {"title": title, "type": kind, "aggs": aggregations, "params": params}
    attributes = {
        "title": title,
        "visState": json.dumps(state),
        "uiStateJSON": "{}",
        "description": "",
        "version": 1,
        "kibanaSavedObjectMeta": _source(query),
    }
    return _saved("visualization", identifier, attributes, IN_VIEW)


def _dashboard(panels: list[tuple[str, str, int, int]]) -> Json:
    """Each panel: type, id, width and height on a grid 48 wide, from left to right and then below."""
    placed, references, x, y = [], [], 0, 0
    for number, (kind, identifier, width, height) in enumerate(panels):
        name = f"panel_{number}"
        grid = {"x": x, "y": y, "w": width, "h": height, "i": str(number)}
        placed.append(
            {"type": kind, "gridData": grid, "panelIndex": str(number), "embeddableConfig": {}, "panelRefName": name}
        )
        references.append({"name": name, "type": kind, "id": identifier})
        x, y = (0, y + height) if x + width >= 48 else (x + width, y)  # noqa: PLR2004 - Kibana's grid
    attributes = {
        "title": "Fluxo: logs",
        "description": "Requests and what went wrong, from the log lines. A trace id leads to all lines of a request.",
        "panelsJSON": json.dumps(placed),
        "optionsJSON": json.dumps({"useMargins": True}),
        "timeRestore": True,
        "timeFrom": "now-1h",
        "timeTo": "now",
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"language": "kuery", "query": ""}, "filter": []})
        },
        "version": 1,
    }
    return _saved("dashboard", "fluxo-logs-overview", attributes, references)


def saved_objects() -> list[Json]:
    requests = "http.response.status_code : *"
    count = _metric(1, "count")
    view = {"title": "logs-fluxo-*", "name": "Fluxo: logs", "timeFieldName": "@timestamp"}
    columns = ["log.level", "service.node.name", "message", "error.type", "fluxo.reason", "trace.id"]
    problems = {
        "title": "Fluxo: warnings and errors",
        "description": "",
        "columns": columns,
        "sort": [["@timestamp", "desc"]],
        "kibanaSavedObjectMeta": _source('log.level : ("warning" or "error" or "critical")'),
    }
    by_status = [count, _over_time(2), _terms(3, "http.response.status_code", "group")]
    slowest = [
        _metric(1, "percentiles", field="event.duration", percents=[50, 99], customLabel="nanoseconds"),
        _metric(2, "count"),
        _terms(3, "http.route", "bucket", order_by="2"),
    ]
    by_level = [count, _over_time(2), _terms(3, "log.level", "group")]
    reasons = [count, _terms(2, "fluxo.reason.keyword", "bucket")]
    return [
        _saved("index-pattern", DATA_VIEW, view, []),
        _saved("search", "fluxo-problems", problems, IN_VIEW),
        _visualization("fluxo-requests", "Requests by status", "histogram", requests, by_status),
        _visualization("fluxo-routes", "Duration by route", "table", requests, slowest),
        _visualization("fluxo-levels", "Lines by level", "histogram", "", by_level),
        _visualization("fluxo-reasons", "Reasons of what failed", "table", "fluxo.reason : *", reasons),
        _dashboard(
            [
                ("visualization", "fluxo-requests", 24, 12),
                ("visualization", "fluxo-routes", 24, 12),
                ("visualization", "fluxo-levels", 24, 12),
                ("visualization", "fluxo-reasons", 24, 12),
                ("search", "fluxo-problems", 48, 18),
            ]
        ),
    ]


def main(directory: Path) -> None:
    lines = [json.dumps(each, ensure_ascii=False) for each in saved_objects()]
    (directory / "fluxo.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
