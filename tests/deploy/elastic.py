"""What Filebeat and Elasticsearch make of a log line at their strictest: unknown fields and other types are refused."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

TEMPLATE = json.loads(
    (Path(__file__).parents[2] / "deploy" / "elk" / "elasticsearch" / "fluxo-logs.json").read_text(encoding="utf-8")
)
PROPERTIES = TEMPLATE["template"]["mappings"]["properties"]


def _is_date(value: object) -> bool:
    return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_long(value: object) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


FITS: dict[str, Callable[[object], bool]] = {
    "date": _is_date,
    "long": _is_long,
    "keyword": _is_text,
    "constant_keyword": _is_text,
    "match_only_text": _is_text,
    "wildcard": _is_text,
}


class RefusedError(Exception):
    """The line would not be stored whole; the message names the field."""


def parsed(line: bytes) -> dict[str, Any]:
    """Return the document of a line, as Filebeat's ndjson parser expands its keys."""
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise RefusedError("The line is no JSON object.")
    document: dict[str, Any] = {}
    for key, value in fields.items():
        *path, leaf = key.split(".")
        place = document
        for name in path:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise RefusedError(f"{key}: {name} is a value already.")
        if leaf in place:
            raise RefusedError(f"{key} is there twice.")
        place[leaf] = value
    return document


def store(document: Mapping[str, Any], properties: Mapping[str, Any] = PROPERTIES, path: str = "") -> None:
    """Take a document as the index template's mapping would with dynamic: strict."""
    for name, value in document.items():
        place = f"{path}{name}"
        if name not in properties:
            raise RefusedError(f"{place} is not mapped.")
        mapping = properties[name]
        if "properties" in mapping:
            if not isinstance(value, dict):
                raise RefusedError(f"{place} is no object.")
            store(value, mapping["properties"], f"{place}.")
            continue
        for each in value if isinstance(value, list) else [value]:
            if each is not None and not FITS[mapping["type"]](each):
                raise RefusedError(f"{place}: {each!r} is no {mapping['type']}.")


def field_type(path: str) -> str | None:
    """Return the type of a field by its full name, multi-fields included; None for one that there is not."""
    mapping: dict[str, Any] = {"properties": PROPERTIES}
    for name in path.split("."):
        mapping = (mapping.get("properties") or mapping.get("fields") or {}).get(name, {})
    return mapping.get("type")
