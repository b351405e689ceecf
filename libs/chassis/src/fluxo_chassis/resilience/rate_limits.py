import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import Counter

BURST_S: Final = 10
"""What a tenant may take at once: as much as its limit brings in that time."""

TENANTS_MAX: Final = 10_000

rate_limit_refused = Counter("rate_limit_refused", "Requests that were refused: their tenant had asked for too much.")


class RateLimits:
    """How much each tenant may ask of this process: `per_s` in the long run, BURST_S of that at once.

    A token bucket for each tenant, kept as the one instant at which it is full again. When TENANTS_MAX are known, full
    ones are forgotten, and where there is none all of them. What costs more than a whole bucket takes a whole bucket.
    """

    __slots__ = ("_clock", "_full_at", "_per_s", "_s_of_one")

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._s_of_one = 1 / per_s
        self._full_at: dict[str, float] = {}
        self._clock = clock

    def admits(self, tenant: str, price: float) -> bool:
        """Take the price and return True, or take nothing and return False."""
        now = self._clock()
        full_at = self._full_at.get(tenant)
        if full_at is None:
            full_at = self._meet(now)
        elif full_at < now:
            full_at = now
        then = full_at + price * self._s_of_one
        if then > now + BURST_S:
            if full_at > now:
                return False
            then = now + BURST_S
        self._full_at[tenant] = then
        return True

    def refuse(self, tenant: str, price: float) -> Mapping[str, str]:
        """Count a refusal and return its headers: when as much is there, and the policy (IETF's RateLimit fields)."""
        rate_limit_refused.inc()
        rest_s = max(self._full_at.get(tenant, 0.0) - self._clock(), 0.0)
        wait_s = math.ceil(max(rest_s + min(price * self._s_of_one, BURST_S) - BURST_S, 1))
        left = max(int((BURST_S - rest_s) * self._per_s), 0)
        return {
            "Retry-After": str(wait_s),
            "RateLimit": f'"tenant";r={left};t={wait_s}',
            "RateLimit-Policy": f'"tenant";q={int(BURST_S * self._per_s)};w={BURST_S}',
        }

    def _meet(self, now: float) -> float:
        """Make room for a tenant that is not known, and return when its bucket was full at the latest."""
        if len(self._full_at) >= TENANTS_MAX:
            self._full_at = {tenant: full_at for tenant, full_at in self._full_at.items() if full_at > now}
            if len(self._full_at) >= TENANTS_MAX:
                self._full_at.clear()
        return now
