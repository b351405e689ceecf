import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fluxo_entries.domain.seal import Signature

_PURPOSE: Final = b"fluxo.seal"


class SealKeys:
    """Ed25519 keys that are made from secrets, newest first: the first one signs, each of them proves."""

    def __init__(self, *secrets: str) -> None:
        seeds = [hashlib.blake2b(secret.encode(), digest_size=32, person=_PURPOSE).digest() for secret in secrets]
        keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self._public = {key.public_key().public_bytes_raw(): key.public_key() for key in keys}
        self._signing, self._its_public = keys[0], keys[0].public_key().public_bytes_raw()

    def sign(self, statement: bytes) -> Signature:
        return Signature(self._signing.sign(statement), self._its_public)

    def prove(self, statement: bytes, signature: Signature) -> bool:
        key: Ed25519PublicKey | None = self._public.get(signature.public_key)
        if key is None:
            return False
        try:
            key.verify(signature.signature, statement)
        except InvalidSignature:
            return False
        return True
