from collections.abc import Hashable, Iterator
from contextvars import ContextVar
from typing import Generic, TypeVar

Waiting = TypeVar("Waiting", bound=Hashable)

current_tenant: ContextVar[str] = ContextVar("current_tenant", default="")
"""For whom this task works: a request's caller once its token is known, nobody in a worker."""


class NoPlaceLeft(Exception):  # noqa: N818 - it names the fact
    """All places are taken, and no tenant has so many of them that one could be taken back."""


class OverShare(NoPlaceLeft):
    """All places are taken, and this tenant already has its part of them."""


class Turns(Generic[Waiting]):
    """What waits, by tenant: each tenant's in the order it came, and the tenants in turns. `places_max` in all.

    One tenant alone may have all the places. Once they are gone, whoever comes for a tenant with fewer gets the one
    that came last for the tenant with the most.
    """

    def __init__(self, places_max: int) -> None:
        self._places_max = places_max
        self._waiting: dict[str, dict[Waiting, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        """The tenants for whom something waits, the one whose turn it is first."""
        return iter(self._waiting)

    def put(self, tenant: str, waiting: Waiting) -> Waiting | None:
        """Let it wait, and return what had to give up its place.

        Raises:
            NoPlaceLeft: it can't wait; OverShare where that is its tenant's own doing.
        """
        given_up = self._give_up(tenant) if self._count >= self._places_max else None
        self._waiting.setdefault(tenant, {})[waiting] = None
        self._count += 1
        return given_up

    def take(self, tenant: str) -> Waiting:
        """Remove and return the tenant's first; its next turn comes after everybody else's."""
        own = self._waiting.pop(tenant)
        first = next(iter(own))
        del own[first]
        if own:
            self._waiting[tenant] = own
        self._count -= 1
        return first

    def leave(self, tenant: str, waiting: Waiting) -> None:
        """Remove it if it still waits."""
        own = self._waiting.get(tenant, {})
        if waiting in own:
            del own[waiting]
            self._count -= 1
            if not own:
                del self._waiting[tenant]

    def _give_up(self, tenant: str) -> Waiting:
        own = len(self._waiting.get(tenant, ()))
        fullest = max(self._waiting.values(), key=len, default={})
        if len(fullest) <= own + 1:
            tenants = len(self._waiting.keys() | {tenant})
            raise OverShare if tenants > 1 and own * tenants >= self._places_max else NoPlaceLeft
        self._count -= 1
        return fullest.popitem()[0]
