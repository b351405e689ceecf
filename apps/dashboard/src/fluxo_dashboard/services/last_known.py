from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_ANSWERS_MAX: Final = 1_000


class LastKnown(Generic[T]):
    """The last good answers to those who looked last: shown grey while there is no newer one.

    `asked` is what it answers: a merchant, or a merchant and a period.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, T] = OrderedDict()

    def note(self, asked: Hashable, answer: T) -> None:
        self._answers[asked] = answer
        self._answers.move_to_end(asked)
        if len(self._answers) > _ANSWERS_MAX:
            self._answers.popitem(last=False)

    def find(self, asked: Hashable) -> T | None:
        return self._answers.get(asked)
