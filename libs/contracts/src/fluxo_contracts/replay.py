"""All recorded entries at once: the entries service's `replay` writes them, a consumer that starts anew reads them.

The first line is a ReplayHeader as JSON. Then comes a line for each merchant without entries, a ReplayedMerchant as
JSON: what the others' currency is, their entries tell; then a line for each API key, a ReplayedApiKey as JSON. Each
further line is one entry in PostgreSQL's COPY text form, its columns those of REPLAY_COLUMNS, dates and instants in ISO
form, instants in UTC. All come from one snapshot, in no order.
"""

from typing import Final, TypeVar
from uuid import UUID

import msgspec

from fluxo_contracts.api_key_changed import Hash
from fluxo_contracts.entry_recorded import Currency, MerchantId
from fluxo_contracts.envelope import Instant

Line = TypeVar("Line", bound=msgspec.Struct)

REPLAY_COLUMNS: Final = (
    "id",
    "merchant_id",
    "direction",
    "amount_minor",
    "currency",
    "business_date",
    "recorded_at",
    "category",
)


class ReplayHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`mark` is what the replay was asked with: who made it knows that the snapshot is younger than the mark.

    `entries` says how many of their lines follow those of as many `merchants` and `api_keys`: fewer mean that the
    replay broke off.
    """

    mark: UUID
    entries: int
    merchants: int = 0
    api_keys: int = 0


class ReplayedMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that hold since `changed_at`: of two, the later hold."""

    merchant_id: MerchantId
    currency: Currency
    changed_at: Instant


class ReplayedApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An API key, revoked ones included."""

    id: UUID
    merchant_id: MerchantId
    hash: Hash
    scopes: list[str]
    revoked: bool
    expires_at: Instant | None = None


class NoReplayError(ValueError):
    """The line is none that a replay has there."""


def encode_header(header: ReplayHeader) -> bytes:
    """Return the first line."""
    return msgspec.json.encode(header) + b"\n"


def encode_merchant(merchant: ReplayedMerchant) -> bytes:
    """Return a merchant's line."""
    return msgspec.json.encode(merchant) + b"\n"


def encode_api_key(api_key: ReplayedApiKey) -> bytes:
    """Return an API key's line."""
    return msgspec.json.encode(api_key) + b"\n"


def decode_header(line: bytes) -> ReplayHeader:
    """Return what the first line tells.

    Raises:
        NoReplayError: it is none.
    """
    return _decode(line, ReplayHeader)


def decode_merchant(line: bytes) -> ReplayedMerchant:
    """Return what a merchant's line tells.

    Raises:
        NoReplayError: it is none.
    """
    return _decode(line, ReplayedMerchant)


def decode_api_key(line: bytes) -> ReplayedApiKey:
    """Return what an API key's line tells.

    Raises:
        NoReplayError: it is none.
    """
    return _decode(line, ReplayedApiKey)


def _decode(line: bytes, line_type: type[Line]) -> Line:
    try:
        return msgspec.json.decode(line, type=line_type)
    except ValueError as error:
        raise NoReplayError(str(error)) from error
