"""Balances that this process has at hand, as complete answers: the fast path through the server.

It decides nothing anew. The token was verified and the answer stored by a request that went the slow path, and
`ReadyAnswers` says whether it may be served; whatever is not at hand goes the slow path and is at hand afterwards.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer

from fluxo_balances.application.ready_answers import Origin, ReadyAnswers
from fluxo_balances.entrypoints.http import conditional, get_daily_balance, get_daily_balances
from fluxo_balances.entrypoints.http.reading import SCOPE, answers_total

_DATE: Final = rb"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_DAY: Final = re.compile(rb"/v1/daily-balances/" + _DATE + rb"\Z")
_RANGE: Final = re.compile(rb"/v1/daily-balances\?from=" + _DATE + b"&to=" + _DATE + rb"\Z")
_BEARER: Final = b"Bearer "

TARGET_LENGTH_MAX: Final = 64
"""Of targets in their plainest form, which are remembered; no other is."""

_served = answers_total.labels(Origin.CACHE.name.lower())


class _Rendered:
    """A kept answer as responses, each made when it is first asked for."""

    def __init__(self, body: bytes, route: str, merchant_id: str) -> None:
        self.etag = conditional.etag_of(body)
        self._body, self._route, self._merchant_id = body, route, merchant_id
        self._responses: dict[tuple[bytes, bool], ReadyAnswer] = {}

    def answer(self, method: bytes, *, client_has_it: bool) -> ReadyAnswer:
        kind = (method, client_has_it)
        if kind not in self._responses:
            made = conditional.response(
                method.decode(), self._body, self.etag, Origin.CACHE, client_has_it=client_has_it
            )
            self._responses[kind] = ReadyAnswer.of(made, route=self._route, tenant=self._merchant_id)
        return self._responses[kind]


class BalancesAtHand:
    """A `FastPath`."""

    def __init__(self, answers: ReadyAnswers, verifier: TokenVerifier) -> None:
        self._answers = answers
        self._verifier = verifier

    def __call__(self, method: bytes, target: bytes, headers: Mapping[bytes, bytes]) -> ReadyAnswer | None:
        asked = _asked(target) if len(target) <= TARGET_LENGTH_MAX else None
        merchant_id = self._merchant(headers.get(b"authorization", b""))
        if asked is None or merchant_id is None:
            return None
        key, route = asked
        kept = self._answers.at_hand(merchant_id, key)
        if kept is None:
            return None
        rendered = kept.rendered
        if not isinstance(rendered, _Rendered):
            rendered = kept.rendered = _Rendered(kept.body, route, merchant_id)
        condition = headers.get(b"if-none-match")
        client_has_it = condition is not None and conditional.holds(condition.decode("latin-1"), rendered.etag)
        _served.inc()
        return rendered.answer(method, client_has_it=client_has_it)

    def _merchant(self, authorization: bytes) -> str | None:
        if not authorization.startswith(_BEARER):
            return None
        principal = self._verifier.remembered(authorization[len(_BEARER) :].decode("latin-1"))
        return principal.tenant if principal is not None and principal.may(SCOPE) else None


@lru_cache(maxsize=4_096)
def _asked(target: bytes) -> tuple[str, str] | None:
    """The cache's key and the route, of a target in its plainest form."""
    if day := _DAY.match(target):
        return day[1].decode(), get_daily_balance.PATH
    if days := _RANGE.match(target):
        return f"{days[1].decode()}..{days[2].decode()}", get_daily_balances.PATH
    return None
