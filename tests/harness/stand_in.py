"""What an application is built over, where tests share one."""

from typing import Any


class StandIn:
    """Does what the object does that it stands for at the time."""

    stands_for: Any = None

    def __call__(self, *arguments: object, **named: object) -> Any:
        return self.stands_for(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stands_for, name)
