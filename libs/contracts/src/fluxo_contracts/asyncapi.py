"""The AsyncAPI 3 document of the events, built from the structs that encode and decode them."""

from typing import Any, Final

import msgspec

from fluxo_contracts.entry_recorded import ENTRY_RECORDED_TYPE, EntryRecorded, encode
from fluxo_contracts.example import ENTRY_RECORDED
from fluxo_contracts.streams import (
    DAILY_BALANCES_GROUP,
    DELIVERIES_FIELD,
    ENTRIES_DEAD_LETTERS_STREAM,
    ENTRIES_STREAM,
    EVENT_FIELD,
    REASON_FIELD,
    STREAM_ID_FIELD,
)

VERSION: Final = "1.0.0"
"""Raised with every change of the document: the last number for words, the middle one for additions."""

_MESSAGE: Final = "#/components/messages/"
_SCHEMA: Final = "#/components/schemas/"


def document() -> dict[str, Any]:
    """Return the document as JSON values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fluxo events",
            "version": VERSION,
            "description": "What the entries service tells the others, and what became of events nobody could apply.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channels() -> dict[str, Any]:
    return {
        "entries": {
            "address": ENTRIES_STREAM,
            "title": "Entry events",
            "description": (
                f"A Redis stream. Each stream entry has one field, `{EVENT_FIELD}`. Its id is "
                "`<generation * 2^48 + transaction>-<sequence>` of the outbox row, so that adding an event twice is "
                "refused by Redis itself. The server runs with AOF and `noeviction`."
            ),
            "messages": {"entryRecorded": {"$ref": f"{_MESSAGE}entryRecorded"}},
            "bindings": {"redis": {}},
            "x-redis": {"type": "stream", "field": EVENT_FIELD, "consumerGroups": [DAILY_BALANCES_GROUP]},
        },
        "deadLetters": {
            "address": ENTRIES_DEAD_LETTERS_STREAM,
            "title": "Events that could not be applied",
            "description": "A Redis stream; the fields of a stream entry are those of the message.",
            "messages": {"deadLetter": {"$ref": f"{_MESSAGE}deadLetter"}},
            "bindings": {"redis": {}},
            "x-redis": {"type": "stream"},
        },
    }


def _operations() -> dict[str, Any]:
    return {
        "publishEntry": _operation("send", "entries", "entryRecorded", "The entries service publishes every entry."),
        "projectEntry": _operation(
            "receive",
            "entries",
            "entryRecorded",
            f"The balances service applies every entry once, as consumer group `{DAILY_BALANCES_GROUP}`. Delivery is "
            "at least once and in no order that matters; the event's `id` tells duplicates.",
        ),
        "buryEvent": _operation(
            "send", "deadLetters", "deadLetter", "The balances service puts aside what it cannot apply."
        ),
    }


def _operation(action: str, channel: str, message: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _messages() -> dict[str, Any]:
    return {
        "entryRecorded": {
            "name": ENTRY_RECORDED_TYPE,
            "title": "Entry recorded",
            "summary": "A merchant recorded an entry; a reversal is one too, and names the entry it reverses.",
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"{_SCHEMA}EntryRecorded"},
            "examples": [{"name": "credit", "payload": msgspec.json.decode(encode(ENTRY_RECORDED))}],
        },
        "deadLetter": {
            "name": "fluxo.entry.dead-letter",
            "title": "Dead letter",
            "summary": "The event as it came, and why it could not be applied.",
            "contentType": "application/json",
            "payload": {"$ref": f"{_SCHEMA}DeadLetter"},
        },
    }


def _schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([EntryRecorded], ref_template=f"{_SCHEMA}{{name}}")
    for schema in schemas.values():
        # The structs have defaults so that code may leave constants out; the wire never does.
        schema["required"] = [name for name, field in schema["properties"].items() if not _may_be_null(field)]
        for field in schema["properties"].values():
            _use_json_schema_anchors(field)
    schemas["DeadLetter"] = {
        "title": "DeadLetter",
        "type": "object",
        "properties": {
            REASON_FIELD: {"type": "string", "description": "Why, in a sentence."},
            STREAM_ID_FIELD: {"type": "string", "description": f"The event's id in `{ENTRIES_STREAM}`."},
            DELIVERIES_FIELD: {"type": "string", "pattern": "^[0-9]+$", "description": "How often it was delivered."},
            EVENT_FIELD: {
                "type": "string",
                "description": "The event as it came; missing when the stream entry had none.",
            },
        },
        "required": [REASON_FIELD, STREAM_ID_FIELD, DELIVERIES_FIELD],
    }
    return schemas


def _may_be_null(field: dict[str, Any]) -> bool:
    return "default" in field and field["default"] is None


def _use_json_schema_anchors(field: dict[str, Any]) -> None:
    r"""Python's `\Z` is the `$` of JSON Schema, and Python's `$` is not."""
    if "pattern" in field:
        field["pattern"] = field["pattern"].replace(r"\Z", "$")
