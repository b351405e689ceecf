"""The AsyncAPI 3 document of the events, built from the structs that encode and decode them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from fluxo_contracts.event_type import EventType
from fluxo_contracts.events import EVENTS
from fluxo_contracts.streams import (
    DAILY_BALANCES_GROUP,
    DELIVERIES_FIELD,
    ENTRIES_DEAD_LETTERS_STREAM,
    ENTRIES_STREAM,
    EVENT_FIELD,
    REASON_FIELD,
    SIGNATURE_FIELD,
    STREAM_ID_FIELD,
)

VERSION: Final = "1.3.0"
"""Raised with every change of the document: the last number for words, the middle one for additions."""

_MESSAGE: Final = "#/components/messages/"
_SCHEMA: Final = "#/components/schemas/"


_GROWTH: Final = """

Within a version of a type fields are only added, and a consumer ignores those that it does not know. What must not be
ignored makes a new version (`.v1.1`, `.v2`). A consumer skips types and versions that it does not read; a producer goes
on sending the version that consumers read, with the same `id`, until all of them read the new one."""


def document(events: Sequence[EventType] = EVENTS) -> dict[str, Any]:
    """Return the document as JSON values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fluxo events",
            "version": VERSION,
            "description": (
                "What the entries service tells the others, and what became of events nobody could apply." + _GROWTH
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": _channels(events),
        "operations": _operations(events),
        "components": {"messages": _messages(events), "schemas": _schemas(events)},
    }


def _channels(events: Sequence[EventType]) -> dict[str, Any]:
    channels: dict[str, Any] = {
        "entries": {
            "address": ENTRIES_STREAM,
            "title": "Entry events",
            "description": (
                f"A Redis stream. Each stream entry has the field `{EVENT_FIELD}`, and where events are signed "
                f"`{SIGNATURE_FIELD}`: a keyed BLAKE2b of the event's bytes in 32 hexadecimal digits. Its id is "
                "`<generation * 2^48 + transaction>-<sequence>` of the outbox row, so that adding an event twice is "
                "refused by Redis itself. The server runs with AOF and `noeviction`."
            ),
            "messages": {},
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
    for event in events:
        channels[event.channel]["messages"][event.message] = {"$ref": f"{_MESSAGE}{event.message}"}
    return channels


def _operations(events: Sequence[EventType]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for event in events:
        operations[event.sent.name] = _operation("send", event.channel, event.message, event.sent.summary)
        for received in event.received:
            operations[received.name] = _operation("receive", event.channel, event.message, received.summary)
    operations["buryEvent"] = _operation(
        "send", "deadLetters", "deadLetter", "The balances service puts aside what it cannot apply."
    )
    return operations


def _operation(action: str, channel: str, message: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _messages(events: Sequence[EventType]) -> dict[str, Any]:
    return {
        event.message: {
            "name": event.name,
            "title": event.title,
            "summary": event.summary,
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"{_SCHEMA}{event.struct.__name__}"},
            "examples": [{"payload": msgspec.to_builtins(event.example)}],
        }
        for event in events
    } | {
        "deadLetter": {
            "name": "fluxo.entry.dead-letter",
            "title": "Dead letter",
            "summary": "The event as it came, and why it could not be applied.",
            "contentType": "application/json",
            "payload": {"$ref": f"{_SCHEMA}DeadLetter"},
        },
    }


def _schemas(events: Sequence[EventType]) -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([event.struct for event in events], ref_template=f"{_SCHEMA}{{name}}")
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
            SIGNATURE_FIELD: {"type": "string", "description": "As it came; missing when the stream entry had none."},
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
