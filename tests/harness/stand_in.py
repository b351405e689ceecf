"""What an application is built over, where tests share one."""

from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


class StandIn:
    """Does what the object does that it stands for at the time."""

    stands_for: Any = None

    def __call__(self, *arguments: object, **named: object) -> Any:
        return self.stands_for(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stands_for, name)


def stand_ins(kind: type[T]) -> T:
    """Return a dataclass of that kind with a stand-in for each field."""
    return kind(**{field.name: StandIn() for field in fields(kind)})  # type: ignore[arg-type]


def let_stand_for(standing: T, real: T) -> None:
    """Let each of the stand-ins do what the field of that name does."""
    for field in fields(real):  # type: ignore[arg-type]
        getattr(standing, field.name).stands_for = getattr(real, field.name)
