"""What a browser keeps for us and may neither read nor change."""

from hashlib import sha256
from typing import Final, TypeVar

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

T = TypeVar("T")

COOKIE_BYTES_MAX: Final = 3_800
"""Browsers keep 4,096 bytes a cookie, its name and attributes included."""

_HEADER: Final = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}


class TooLargeError(ValueError):
    """It is larger than browsers keep."""


class Seal:
    """Encrypts (JWE: direct encryption, A256GCM). What was sealed for one purpose is not opened for another."""

    def __init__(self, key: str, purpose: bytes) -> None:
        self._key = OctKey.import_key(sha256(purpose + key.encode()).digest())

    def close(self, content: object) -> str:
        """Return a cookie's value with the content in it, a dataclass.

        Raises:
            TooLargeError: browsers would drop it in silence.
        """
        sealed = jwe.encrypt_compact(_HEADER, msgspec.json.encode(content), self._key)
        if len(sealed) > COOKIE_BYTES_MAX:
            raise TooLargeError(f"The cookie takes {len(sealed)} bytes, and browsers keep {COOKIE_BYTES_MAX}.")
        return sealed

    def open(self, sealed: str, kind: type[T]) -> T | None:
        """Return the content; None for what was not sealed with this key or for this purpose, or was tampered with."""
        try:
            content = jwe.decrypt_compact(sealed, self._key, algorithms=list(_HEADER.values())).plaintext
            return msgspec.json.decode(content or b"", type=kind)
        except (JoseError, ValueError, msgspec.MsgspecError):  # the last for what another release has written
            return None
