"""The opaque cursor of a list: where its next page starts, and which list it belongs to."""

import base64
import binascii
import hashlib
import struct
from datetime import date
from typing import Final
from uuid import UUID

from fluxo_entries.application.recording.ports import EntryFilter, Position

_LAYOUT: Final = struct.Struct(">I16s8s")
"""The date's ordinal, the entry's id, a digest of whose list it is and of its filters."""

_CHECKSUM_LENGTH: Final = 6
CURSOR_LENGTH_MAX: Final = 128


def encode_cursor(position: Position, merchant_id: str, wanted: EntryFilter) -> str:
    packed = _LAYOUT.pack(position.business_date.toordinal(), position.entry_id.bytes, _digest(merchant_id, wanted))
    return base64.urlsafe_b64encode(packed + _checksum(packed)).rstrip(b"=").decode("ascii")


def decode_cursor(cursor: str, merchant_id: str, wanted: EntryFilter) -> Position:
    """Return the position.

    Raises:
        ValueError: it was changed, made up, or belongs to a list with other filters.
    """
    packed = _unpack(cursor)
    ordinal, entry_id, digest = _LAYOUT.unpack(packed)
    if digest != _digest(merchant_id, wanted):
        raise ValueError("The cursor belongs to a list with other filters.")
    try:
        return Position(date.fromordinal(ordinal), UUID(bytes=entry_id))
    except (ValueError, OverflowError):
        raise _malformed() from None


def _unpack(cursor: str) -> bytes:
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _malformed() from None
    packed, checksum = raw[:-_CHECKSUM_LENGTH], raw[-_CHECKSUM_LENGTH:]
    # Comparing the text too refuses the other spellings that base64 has for the same bytes.
    is_canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == cursor
    if len(packed) != _LAYOUT.size or checksum != _checksum(packed) or not is_canonical:
        raise _malformed()
    return packed


def _malformed() -> ValueError:
    return ValueError("This is no cursor that an earlier page gave.")


def _digest(merchant_id: str, wanted: EntryFilter) -> bytes:
    return hashlib.sha256(repr((merchant_id, wanted)).encode()).digest()[:8]


def _checksum(packed: bytes) -> bytes:
    return hashlib.sha256(packed).digest()[:_CHECKSUM_LENGTH]
