"""The answers that this process keeps, and the rule that none of them outlives a change unseen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

LIFETIME_S: Final = 1.0
"""No answer is served longer without being asked for again, whatever was not heard."""

REFRESH_AFTER_S: Final = 0.75
"""One that is still wanted then is asked for again before it goes, so that not all its readers miss it at once."""

BYTES_MAX: Final = 16 * 1024 * 1024

SHARE_BYTES_MAX: Final = BYTES_MAX // 16
"""Of one merchant: who asks for every range there is must not crowd out the others."""

OVERHEAD_BYTES: Final = 1024
"""What an answer, or a bucket, takes up besides its own bytes; so the bound in bytes bounds their number too."""

_NEVER: Final = float("inf")

Prepared = TypeVar("Prepared")
"""What an answer is made into for whoever serves it."""


class _Kept(Generic[Prepared]):
    __slots__ = ("body", "good_until", "prepared", "refresh_at")

    def __init__(self, body: bytes, prepared: Prepared) -> None:
        self.body = body
        self.prepared = prepared

    def count_from(self, asked_at: float) -> None:
        """Count its time from when it was last asked for."""
        self.good_until = asked_at + LIFETIME_S
        self.refresh_at = asked_at + REFRESH_AFTER_S


class Bucket(Generic[Prepared]):
    """A merchant's answers. They came after it was set up, and go together when it is removed."""

    __slots__ = ("answers", "size")

    def __init__(self) -> None:
        self.answers: dict[str, _Kept[Prepared]] = {}
        self.size = OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class ReadStamp(Generic[Prepared]):
    """When something was asked for, and the bucket that stood then."""

    bucket: Bucket[Prepared]
    asked_at: float


class NearAnswers(Generic[Prepared]):
    """Answers of recently asked merchants, while it is told of every change: between `open` and `close`.

    Whoever asks the cache takes a stamp first and keeps the reply under that stamp. A change that is heard of in
    between removes the merchant's bucket, and a reply for a bucket that was removed is not kept.
    """

    def __init__(
        self,
        prepare: Callable[[bytes], Prepared],
        refresh: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prepare = prepare
        self._refresh = refresh
        self._clock = clock
        self._buckets: dict[str, Bucket[Prepared]] = {}
        self._is_open = False
        self.size = 0

    def open(self) -> None:
        """Keep answers from now on: whoever calls this will tell of every change of what is asked for."""
        self._is_open = True

    def close(self) -> None:
        """Forget everything and keep nothing: changes may pass unheard."""
        self._is_open = False
        self.clear()

    def find(self, merchant_id: str, key: str) -> _Kept[Prepared] | None:
        bucket = self._buckets.get(merchant_id)
        kept = None if bucket is None else bucket.answers.get(key)
        if kept is None or (now := self._clock()) >= kept.good_until:
            return None
        if now >= kept.refresh_at:
            kept.refresh_at = _NEVER
            self._refresh(merchant_id, key)
        return kept

    def stamp(self, merchant_id: str) -> ReadStamp[Prepared]:
        """Return the stamp of what is about to be asked for."""
        bucket = self._buckets.get(merchant_id)
        if bucket is None:
            bucket = Bucket[Prepared]()
            if self._is_open:
                self._make_room(bucket.size)
                self._buckets[merchant_id] = bucket
                self.size += bucket.size
        return ReadStamp(bucket, self._clock())

    def keep(self, merchant_id: str, stamp: ReadStamp[Prepared], key: str, body: bytes) -> None:
        """Keep a reply to what was asked for under the stamp."""
        if not self._stands(merchant_id, stamp.bucket):
            return
        kept = stamp.bucket.answers.get(key)
        if kept is not None and kept.body == body:
            kept.count_from(stamp.asked_at)
        elif kept is None:
            self._put(merchant_id, stamp, key, body)
        else:
            self.drop(merchant_id)  # It has changed, and the change is still on its way.

    def drop(self, merchant_id: str) -> None:
        """Remove the merchant's bucket: something of theirs has changed."""
        bucket = self._buckets.pop(merchant_id, None)
        if bucket is not None:
            self.size -= bucket.size

    def clear(self) -> None:
        self._buckets.clear()
        self.size = 0

    def count(self) -> int:
        return sum(len(bucket.answers) for bucket in self._buckets.values())

    def _put(self, merchant_id: str, stamp: ReadStamp[Prepared], key: str, body: bytes) -> None:
        size = len(body) + OVERHEAD_BYTES
        if stamp.bucket.size + size > SHARE_BYTES_MAX:
            self.drop(merchant_id)
            return
        self._make_room(size)
        if self._stands(merchant_id, stamp.bucket):
            kept = stamp.bucket.answers[key] = _Kept(body, self._prepare(body))
            kept.count_from(stamp.asked_at)
            stamp.bucket.size += size
            self.size += size

    def _stands(self, merchant_id: str, bucket: Bucket[Prepared]) -> bool:
        return self._buckets.get(merchant_id) is bucket

    def _make_room(self, size: int) -> None:
        """Remove the oldest buckets: what is still wanted comes again in the next second."""
        while self._buckets and self.size + size > BYTES_MAX:
            self.drop(next(iter(self._buckets)))
