"""All recorded entries at once: the entries service's `replay` writes them, a consumer that starts anew reads them.

The first line is a ReplayHeader as JSON. Each further line is one entry in PostgreSQL's COPY text form, its columns
those of REPLAY_COLUMNS, dates and instants in ISO form, instants in UTC. All come from one snapshot, in no order.
"""

from typing import Final
from uuid import UUID

import msgspec

REPLAY_COLUMNS: Final = (
    "id",
    "merchant_id",
    "direction",
    "amount_minor",
    "currency",
    "business_date",
    "recorded_at",
)


class ReplayHeader(msgspec.Struct, frozen=True, kw_only=True):
    """`mark` is what the replay was asked with: who made it knows that the snapshot is younger than the mark.

    `entries` says how many lines follow: fewer mean that the replay broke off.
    """

    mark: UUID
    entries: int


class NoReplayError(ValueError):
    """The line is no ReplayHeader."""


def encode_header(header: ReplayHeader) -> bytes:
    """Return the first line."""
    return msgspec.json.encode(header) + b"\n"


def decode_header(line: bytes) -> ReplayHeader:
    """Return what the first line tells.

    Raises:
        NoReplayError: it is none.
    """
    try:
        return msgspec.json.decode(line, type=ReplayHeader)
    except ValueError as error:
        raise NoReplayError(str(error)) from error
