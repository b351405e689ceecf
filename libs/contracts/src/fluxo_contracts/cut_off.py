"""Up to where two services are compared while entries come in: the balances say it, the entries service counts as far.

One line of JSON, from the snapshot of the balances that are compared. Entries whose id is below `since` all count. Of
the later ones those count that are `applied`: a list that is as long as the comparison is old.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec


class CutOff(msgspec.Struct, frozen=True, kw_only=True):
    """Ids are UUIDv7, so `since` stands for an instant."""

    since: UUID
    applied: Sequence[UUID]


class NoCutOffError(ValueError):
    """The line is no CutOff."""


def encode_cut_off(cut_off: CutOff) -> bytes:
    """Return the line."""
    return msgspec.json.encode(cut_off) + b"\n"


def decode_cut_off(line: bytes) -> CutOff:
    """Return what the line tells.

    Raises:
        NoCutOffError: it is none.
    """
    try:
        return msgspec.json.decode(line, type=CutOff)
    except ValueError as error:
        raise NoCutOffError(str(error)) from error
