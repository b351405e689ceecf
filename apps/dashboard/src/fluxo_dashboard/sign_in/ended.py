import time
from typing import Final

_REMEMBERED_MAX: Final = 10_000


class Ended:
    """Ids that must not be accepted any more, each until it would have ended by itself (epoch seconds).

    Of more than 10,000 the oldest are forgotten, and a restart forgets all of them: a copy of a cookie is then held off
    only by the provider, whose refresh token was revoked at sign-out, or by the cookie's own end.
    """

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, name: str, until: float) -> None:
        now = time.time()
        if len(self._until) >= _REMEMBERED_MAX:
            self._until = {each: end for each, end in self._until.items() if end > now}
        if len(self._until) >= _REMEMBERED_MAX:
            del self._until[next(iter(self._until))]
        self._until[name] = until

    def __contains__(self, name: str) -> bool:
        return name in self._until
