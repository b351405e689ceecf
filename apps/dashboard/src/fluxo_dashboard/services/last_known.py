from collections import OrderedDict
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MERCHANTS_MAX: Final = 1_000


class LastKnown(Generic[T]):
    """The last good answer for each of the merchants who looked last: shown grey while there is no newer one."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, T] = OrderedDict()

    def note(self, merchant_id: str, answer: T) -> None:
        self._answers[merchant_id] = answer
        self._answers.move_to_end(merchant_id)
        if len(self._answers) > _MERCHANTS_MAX:
            self._answers.popitem(last=False)

    def find(self, merchant_id: str) -> T | None:
        return self._answers.get(merchant_id)
