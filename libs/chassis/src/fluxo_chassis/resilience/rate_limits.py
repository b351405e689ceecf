import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import Counter

BURST_S: Final = 10
"""What a tenant may take at once: as much as its limit brings in that time."""

SPREAD_S: Final = 30
"""Those who are refused at once are told to come again one after the other, within so long."""

TENANTS_MAX: Final = 10_000

rate_limit_refused = Counter("rate_limit_refused", "Requests that were refused: their tenant had asked for too much.")


class RateLimits:
    """How much each tenant may ask of this process: `per_s` in the long run, BURST_S of that at once.

    A token bucket for each tenant, filled up when it does not suffice and not before, so that most requests need no
    clock: who left some for long and then takes it all finds another one. When TENANTS_MAX are known, those are
    forgotten whose buckets are full by now, and where there is none all of them. What costs more than a whole bucket
    takes a whole bucket.
    """

    __slots__ = ("_burst", "_clock", "_filled_at", "_left", "_per_s", "_told_until")

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = per_s * BURST_S
        self._left: dict[str, float] = {}
        self._filled_at: dict[str, float] = {}
        self._told_until: dict[str, float] = {}
        """Until when there is enough for those who were refused and told when to come again."""
        self._clock = clock

    def admits(self, tenant: str, price: float) -> bool:
        """Take the price and return True, or take nothing and return False."""
        left = self._left.get(tenant, 0.0) - price
        if left < 0:
            return self._admits_once_filled(tenant, price)
        self._left[tenant] = left
        return True

    def refuse(self, tenant: str, price: float) -> Mapping[str, str]:
        """Count a refusal and return its headers: when to come again, and the policy (IETF's RateLimit fields).

        As much is there after `t`; `Retry-After` is behind those who were refused before, or they would come all at
        once, and all but one be refused again.
        """
        rate_limit_refused.inc()
        left, price, now = self._left.get(tenant, 0.0), min(price, self._burst), self._clock()
        lacking_s = (price - left) / self._per_s
        told_until = self._told_until.get(tenant, now)
        if not now < told_until < now + SPREAD_S:
            told_until = now
        self._told_until[tenant] = told_until + price / self._per_s
        return {
            "Retry-After": _whole(lacking_s + told_until - now),
            "RateLimit": f'"tenant";r={int(left)};t={_whole(lacking_s)}',
            "RateLimit-Policy": f'"tenant";q={int(self._burst)};w={BURST_S}',
        }

    def _admits_once_filled(self, tenant: str, price: float) -> bool:
        now = self._clock()
        if tenant not in self._left and len(self._left) >= TENANTS_MAX:
            self._forget(now)
        left, price = self._content(tenant, now), min(price, self._burst)
        is_enough = left >= price
        self._left[tenant], self._filled_at[tenant] = left - price if is_enough else left, now
        return is_enough

    def _content(self, tenant: str, now: float) -> float:
        filled_at = self._filled_at.get(tenant)
        if filled_at is None:
            return self._burst
        return min(self._left[tenant] + (now - filled_at) * self._per_s, self._burst)

    def _forget(self, now: float) -> None:
        taken = [tenant for tenant in self._left if self._content(tenant, now) < self._burst]
        kept = taken if len(taken) < TENANTS_MAX else []
        self._left = {tenant: self._left[tenant] for tenant in kept}
        self._filled_at = {tenant: self._filled_at[tenant] for tenant in kept}
        self._told_until = {tenant: until for tenant, until in self._told_until.items() if tenant in self._left}


def _whole(seconds: float) -> str:
    return str(max(math.ceil(seconds), 1))
