"""Who wrote an event: a keyed hash of its bytes, which stands beside it in the stream (ADR 0038)."""

import hashlib
import hmac
from typing import ClassVar, Final, Self

KEY_LENGTH_MIN: Final = 32

_SIZE: Final = 16


class EventKeys:
    """The keys that only producer and consumers hold, newest first: the first one signs, each of them proves."""

    PURPOSE: ClassVar = b"fluxo.event"

    def __init__(self, *keys: str) -> None:
        # The key's own hash is its start: it may be of any length, and is prepared once.
        secrets = [hashlib.blake2b(key.encode(), person=self.PURPOSE).digest() for key in keys]
        self._started = [hashlib.blake2b(key=secret, digest_size=_SIZE, person=self.PURPOSE) for secret in secrets]

    @classmethod
    def of(cls, setting: str) -> Self:
        """Take one key, or several with commas between.

        Raises:
            ValueError: a key is shorter than KEY_LENGTH_MIN.
        """
        return cls(*keys_of(setting))

    def sign(self, event: bytes) -> bytes:
        """Return 32 hexadecimal digits."""
        return _signature(self._started[0], event)

    def prove(self, event: bytes, signature: bytes) -> bool:
        """Return whether one of the keys signed these very bytes."""
        for started in self._started:  # noqa: SIM110 - a generator takes as long as a quarter of the hash
            if hmac.compare_digest(_signature(started, event), signature):
                return True
        return False


def keys_of(setting: str) -> list[str]:
    """Return one key, or several that have commas between.

    Raises:
        ValueError: a key is shorter than KEY_LENGTH_MIN.
    """
    keys = [key.strip() for key in setting.split(",")]
    if any(len(key) < KEY_LENGTH_MIN for key in keys):
        raise ValueError(f"Each key must have {KEY_LENGTH_MIN} characters at least")
    return keys


def _signature(started: hashlib.blake2b, event: bytes) -> bytes:
    signing = started.copy()
    signing.update(event)
    return signing.hexdigest().encode()
