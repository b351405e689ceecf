"""The answers that this process keeps at hand, and the rule that nothing on them outlives a change unseen."""

import time
from collections.abc import Callable
from typing import Final

from fluxo_balances.application.ports import KeptAnswer

LIFETIME_S: Final = 1.0
"""No answer is kept longer, whatever was not heard."""

BYTES_MAX: Final = 16 * 1024 * 1024

SHARE_BYTES_MAX: Final = BYTES_MAX // 16
"""Of one merchant: who asks for every range there is must not crowd out the others."""

OVERHEAD_BYTES: Final = 1024
"""What an answer, or a shelf, takes up besides its own bytes; so the bound in bytes bounds their number too."""


class Shelf:
    """A merchant's answers. They came after it was set up, and go together when it is taken away."""

    __slots__ = ("answers", "good_until", "size")

    def __init__(self, good_until: float) -> None:
        self.answers: dict[str, KeptAnswer] = {}
        self.good_until = good_until
        self.size = OVERHEAD_BYTES


class NearAnswers:
    """Answers of recently asked merchants, while it is told of every change: between `open` and `close`.

    Whoever asks the cache takes the merchant's shelf first and puts the reply on that shelf. A change that is heard of
    in between takes the shelf away, and what is put on a shelf that was taken away nobody sees.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shelves: dict[str, Shelf] = {}  # The oldest first: that is also the order in which they expire.
        self._is_open = False
        self.size = 0

    def open(self) -> None:
        """Keep answers from now on: whoever calls this will tell of every change of what is asked for."""
        self._is_open = True

    def close(self) -> None:
        """Forget everything and keep nothing: changes may pass unheard."""
        self._is_open = False
        self.clear()

    def find(self, merchant_id: str, key: str) -> KeptAnswer | None:
        shelf = self._shelves.get(merchant_id)
        if shelf is None or self._clock() >= shelf.good_until:
            return None
        return shelf.answers.get(key)

    def shelf(self, merchant_id: str) -> Shelf:
        """Return the shelf for a reply to what is about to be asked."""
        now = self._clock()
        shelf = self._shelves.get(merchant_id)
        if shelf is not None and now < shelf.good_until:
            return shelf
        self.drop(merchant_id)
        shelf = Shelf(now + LIFETIME_S)
        if self._is_open:
            self._make_room(shelf.size, now)
            self._shelves[merchant_id] = shelf
            self.size += shelf.size
        return shelf

    def keep(self, merchant_id: str, shelf: Shelf, key: str, body: bytes) -> None:
        """Put a reply on the shelf that was taken before asking."""
        size = len(body) + OVERHEAD_BYTES
        if not self._stands(merchant_id, shelf) or key in shelf.answers or shelf.size + size > SHARE_BYTES_MAX:
            return
        self._make_room(size, self._clock())
        if self._stands(merchant_id, shelf):
            shelf.answers[key] = KeptAnswer(body)
            shelf.size += size
            self.size += size

    def drop(self, merchant_id: str) -> None:
        """Take the merchant's shelf away: something of theirs has changed."""
        shelf = self._shelves.pop(merchant_id, None)
        if shelf is not None:
            self.size -= shelf.size

    def clear(self) -> None:
        self._shelves.clear()
        self.size = 0

    def count(self) -> int:
        return sum(len(shelf.answers) for shelf in self._shelves.values())

    def _stands(self, merchant_id: str, shelf: Shelf) -> bool:
        return self._shelves.get(merchant_id) is shelf

    def _make_room(self, size: int, now: float) -> None:
        while self._shelves:
            oldest = next(iter(self._shelves))
            if now < self._shelves[oldest].good_until and self.size + size <= BYTES_MAX:
                return
            self.drop(oldest)
