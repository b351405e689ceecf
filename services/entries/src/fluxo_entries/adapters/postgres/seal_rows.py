"""How an entry and a block stand in the database."""

from typing import Final

import asyncpg
import msgspec

from fluxo_entries.domain.seal import Block, Seal, SealedEntry, Signature

_encode: Final = msgspec.json.Encoder().encode

ENTRY: Final = (
    "id, merchant_id, direction, amount_minor, currency, business_date, description, category, reverses, recorded_at"
)
"""What a leaf is of, for ever: a later column of an entry is none of them."""

BLOCK: Final = "merchant_id, number, entry_count, since, up_to, ids, leaves, seal, signature, public_key"


def sealed_entry(row: asyncpg.Record) -> SealedEntry:
    """Return the entry's leaf: of a JSON array of the columns in ENTRY, without spaces, in UTF-8.

    Instants are in UTC, with all six decimals and a Z.
    """
    *before, recorded_at = row.values()
    # The driver gives them in UTC.
    instant = recorded_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return SealedEntry.of(row["id"], _encode([*before, instant]))


def block(row: asyncpg.Record) -> Block:
    entries = [SealedEntry(entry_id, leaf) for entry_id, leaf in zip(row["ids"], row["leaves"], strict=False)]
    return Block(seal(row), row["since"], entries, signature(row))


def block_row(block: Block) -> tuple[object, ...]:
    """Return the values of BLOCK's columns."""
    seal, signed = block.seal, block.signature
    return (
        seal.merchant_id,
        seal.number,
        seal.entry_count,
        block.since,
        seal.up_to,
        [entry.entry_id for entry in block.entries],
        [entry.leaf for entry in block.entries],
        seal.digest,
        signed.signature,
        signed.public_key,
    )


def seal(row: asyncpg.Record) -> Seal:
    return Seal(row["merchant_id"], row["number"], row["entry_count"], row["up_to"], row["seal"])


def signature(row: asyncpg.Record) -> Signature:
    return Signature(row["signature"], row["public_key"])
