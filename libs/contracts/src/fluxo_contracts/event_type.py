from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Who sends or receives an event; `name` is the operation's in the AsyncAPI document."""

    name: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class EventType:
    """An event as the AsyncAPI document shows it, and its type as it stands in the event: `name`.

    `message` and `channel` are what the document calls the event and the stream that carries it.
    """

    name: str
    message: str
    title: str
    summary: str
    struct: type[msgspec.Struct]
    example: msgspec.Struct
    channel: str
    sent: Operation
    received: tuple[Operation, ...]
