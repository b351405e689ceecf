"""What stands around every event's data (CloudEvents 1.0, structured JSON mode), and how events grow.

An event's type ends in its version: `fluxo.entry.recorded.v1`, or `….v1.1` for a minor one. Within a version fields are
only added, in envelope and data, and a consumer ignores those that it does not know. What a consumer must not ignore
(a field that changes what others mean, a value that was not allowed before) makes a new version. A consumer skips every
type and version that it does not read, so a producer goes on sending the version that consumers read, with the same
`id`, until all of them read the new one.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339, in UTC.")]

_TYPE: Final = re.compile(r"(?P<name>.+)\.v(?P<major>[0-9]{1,9})(\.(?P<minor>[0-9]{1,9}))?")


class UndecodableEventError(ValueError):
    """The bytes are no event of the type that is read; the message says where and why, and holds no payload."""


class OtherEventError(ValueError):
    """The event is of another type, or of a newer version of the one that is read; a consumer skips it."""

    def __init__(self, event_type: str, *, is_newer_version: bool) -> None:
        super().__init__(f"events of the type {event_type} are not read here")
        self.event_type = event_type
        self.is_newer_version = is_newer_version


class _Typed(msgspec.Struct):
    type: str


class _Traced(msgspec.Struct):
    traceparent: str | None = None


encode: Final[Callable[[msgspec.Struct], bytes]] = msgspec.json.Encoder().encode
"""Return an event as UTF-8 JSON, instants in UTC ending in Z."""

E = TypeVar("E", bound=msgspec.Struct)

_typed_decoder = msgspec.json.Decoder(_Typed)
_traced_decoder = msgspec.json.Decoder(_Traced)


def refusal(payload: bytes, error: Exception, *, reads: str) -> UndecodableEventError | OtherEventError:
    """Return what it means that the payload could not be decoded as an event of the type that is read."""
    try:
        event_type = _typed_decoder.decode(payload).type
    except (ValueError, RecursionError):
        return UndecodableEventError(str(error))
    if event_type == reads:
        return UndecodableEventError(str(error))
    return OtherEventError(event_type, is_newer_version=_is_newer_version(event_type, reads))


def decoder_of(struct: type[E], reads: str) -> Callable[[bytes], E]:
    """Return what decodes an event of the type that is read.

    Unknown fields are ignored, so that a newer producer may add some. It raises UndecodableEventError for malformed
    JSON, a missing field, a wrong type or value, and OtherEventError for an event of another type, or of a newer
    version.
    """
    decode_known = msgspec.json.Decoder(struct).decode

    def decode(payload: bytes) -> E:
        try:
            return decode_known(payload)
        except (ValueError, RecursionError) as error:
            # Malformed or invalid JSON, bad UTF-8, and nesting without an end.
            raise refusal(payload, error, reads=reads) from error

    return decode


def traceparent_of(payload: bytes | None) -> str | None:
    """Return the trace of the request that led to the event; None also for a payload that cannot be decoded."""
    try:
        return _traced_decoder.decode(payload or b"{}").traceparent
    except (ValueError, RecursionError):
        return None


def utc(instant: datetime) -> datetime:
    """Return the instant in UTC, as events carry it."""
    return instant.astimezone(UTC)


def _is_newer_version(event_type: str, than: str) -> bool:
    (name, version), (known_name, known_version) = _name_and_version(event_type), _name_and_version(than)
    return name == known_name and version > known_version


def _name_and_version(event_type: str) -> tuple[str, tuple[int, int]]:
    if found := _TYPE.fullmatch(event_type):
        return found["name"], (int(found["major"]), int(found["minor"] or 0))
    return event_type, (0, 0)
