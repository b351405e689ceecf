"""Balances that this process holds, as complete answers: the fast path through the server.

It decides nothing anew. The token was verified and the answer stored by a request before, and
`AnswerCache` says whether it may be served; whatever this process does not hold goes the slow path.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fluxo_chassis.auth import TokenVerifier, recognised
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.resilience.rate_limits import RateLimits

from fluxo_balances.entrypoints.http import get_daily_balance, get_daily_balances
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.conditional_response import Origin
from fluxo_balances.entrypoints.http.respond import SCOPE, answers_total

_DATE: Final = rb"([0-9]{4}-[0-9]{2}-[0-9]{2})"
DAY: Final = re.compile(rb"/v1/daily-balances/" + _DATE + rb"\Z")
_RANGE: Final = re.compile(rb"/v1/daily-balances\?from=" + _DATE + b"&to=" + _DATE + rb"\Z")

TARGET_LENGTH_MAX: Final = 64
"""Of targets in their plainest form, which are remembered; no other is."""

_served = answers_total.labels(Origin.CACHE.value)


class LocalFastPath:
    """A `FastPath`."""

    def __init__(self, answers: AnswerCache, verifier: TokenVerifier, limits: RateLimits | None = None) -> None:
        self._answers = answers
        self._verifier = verifier
        self._limits = limits

    def __call__(self, method: bytes, target: bytes, headers: Mapping[bytes, bytes]) -> ReadyAnswer | None:
        asked = _asked(target) if len(target) <= TARGET_LENGTH_MAX else None
        caller = recognised(self._verifier, headers.get(b"authorization", b""), SCOPE)
        if asked is None or caller is None:
            return None
        (key, route), merchant_id = asked, caller.tenant
        cached = self._answers.peek(merchant_id, key)
        if cached is None:
            return None
        if self._limits is not None and not self._limits.admits(merchant_id, 1):
            return None  # The slow path says so.
        _served.inc()
        return cached.response(method, headers.get(b"if-none-match"), route=route, tenant=merchant_id)


@lru_cache(maxsize=4_096)
def _asked(target: bytes) -> tuple[str, str] | None:
    """The cache's key and the route, of a target in its plainest form."""
    if day := DAY.match(target):
        return day[1].decode(), get_daily_balance.PATH
    if days := _RANGE.match(target):
        return f"{days[1].decode()}..{days[2].decode()}", get_daily_balances.PATH
    return None
