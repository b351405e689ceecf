"""What a seal is made of: hashes that anybody can compute again (ADR 0041)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

_FORM: Final = "fluxo.seal.1"
NO_DIGEST: Final = bytes(32)
"""What stands before a merchant's first block."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of a merchant's chain after block `number`, counted from 1.

    `entry_count` is how many entries the chain holds, `up_to` the newest instant at which one of them was recorded.
    """

    merchant_id: str
    number: int
    entry_count: int
    up_to: datetime
    digest: bytes

    @property
    def statement(self) -> bytes:
        """The bytes that a signature is of: six lines."""
        lines = (_FORM, self.merchant_id, self.number, self.entry_count, _instant(self.up_to), self.digest.hex())
        return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class Signature:
    """Ed25519: 64 bytes, and the 32 of the public key that proves them."""

    signature: bytes
    public_key: bytes

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits that tell public keys apart."""
        return hashlib.sha256(self.public_key).hexdigest()[:16]


class SealedEntry(NamedTuple):
    """`leaf` is the SHA-256 of the entry's content. There are many: a tuple is made in a third of the time."""

    entry_id: UUID
    leaf: bytes

    @classmethod
    def of(cls, entry_id: UUID, content: bytes) -> Self:
        return cls(entry_id, hashlib.sha256(content).digest())


@dataclass(frozen=True, slots=True)
class Block:
    """The entries that a seal adds to the one before it, in the order of their ids; `since` is the oldest's instant."""

    seal: Seal
    since: datetime
    entries: Sequence[SealedEntry]
    signature: Signature

    def digest_after(self, previous: bytes) -> bytes:
        return digest_of(self.seal, self.since, self.entries, previous)


def digest_of(seal: Seal, since: datetime, entries: Sequence[SealedEntry], previous: bytes) -> bytes:
    """Return the SHA-256 of six lines, the digest before, and the id and leaf of each entry; not of `seal.digest`."""
    head = (_FORM, seal.merchant_id, seal.number, seal.entry_count, _instant(since), _instant(seal.up_to))
    content = [*(f"{line}\n".encode() for line in head), previous]
    for entry in entries:
        content += (entry.entry_id.bytes, entry.leaf)
    return hashlib.sha256(b"".join(content)).digest()


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
