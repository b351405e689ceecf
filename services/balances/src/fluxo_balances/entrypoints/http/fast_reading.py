"""A day that is not ready: looked up past the framework, by `GET /v1/daily-balances/{date}` of a known token.

It decides nothing by itself: the day comes by the `AnswerCache`, as on the slow path, where whatever is not plain goes.
"""

import asyncio
from datetime import date

from fluxo_chassis.auth import Principal, TokenVerifier, recognised
from fluxo_chassis.auth.requires import PLAIN_PRICE
from fluxo_chassis.http.app import ANSWER_WITHIN_S
from fluxo_chassis.http.fast.fast_route import Answer, FastRequest, Headers
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.http.middleware import problem_of_failure, too_late
from fluxo_chassis.http.problem_answers import problem_answer
from fluxo_chassis.problems import Problem
from fluxo_chassis.resilience.rate_limits import RateLimits

from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.answers import render_day
from fluxo_balances.entrypoints.http.conditional_response import conditional_response
from fluxo_balances.entrypoints.http.get_daily_balance import PATH
from fluxo_balances.entrypoints.http.local_fast_path import DAY, TARGET_LENGTH_MAX
from fluxo_balances.entrypoints.http.parameters import parse_date
from fluxo_balances.entrypoints.http.problems import problem_of
from fluxo_balances.entrypoints.http.respond import SCOPE, answers_total


class FastReading:
    """A `FastRoute`."""

    def __init__(
        self,
        get_daily_balance: GetDailyBalance,
        answers: AnswerCache,
        verifier: TokenVerifier,
        limits: RateLimits | None = None,
    ) -> None:
        self._get_daily_balance = get_daily_balance
        self._answers = answers
        self._verifier = verifier
        self._limits = limits
        self._reading = set[asyncio.Task[None]]()

    def caller(self, method: bytes, target: bytes, headers: Headers) -> Principal | None:
        if method == b"POST" or len(target) > TARGET_LENGTH_MAX or not DAY.match(target):
            return None
        return recognised(self._verifier, headers.get(b"authorization", b""), SCOPE)

    def begin(self, request: FastRequest, answer: Answer) -> bool:
        try:
            day = parse_date(request.target.rpartition(b"/")[2].decode())
        except ValueError:
            return False
        if self._limits is not None and not self._limits.admits(request.caller.tenant, PLAIN_PRICE):
            return False
        reading = asyncio.create_task(self._read(request, day, answer))
        self._reading.add(reading)  # the loop alone would let it be collected
        reading.add_done_callback(self._reading.discard)
        return True

    async def _read(self, request: FastRequest, day: date, answer: Answer) -> None:
        tenant, condition = request.caller.tenant, request.headers.get(b"if-none-match", b"").decode("latin-1")

        async def read() -> bytes:
            return render_day(*await self._get_daily_balance(tenant, day))

        deadline = asyncio.timeout(ANSWER_WITHIN_S)
        try:
            async with deadline:
                found = await self._answers.get(tenant, day.isoformat(), read, is_day=True)
            answers_total.labels(found.origin.value).inc()
            response = conditional_response(request.method.decode(), condition, found)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it is, the caller is told
            response = problem_answer(_problem_of(error, is_too_late=deadline.expired()))
        answer(ReadyAnswer.of(response, route=PATH, tenant=tenant))


def _problem_of(error: BaseException, *, is_too_late: bool) -> Problem:
    if is_too_late:
        return too_late()
    own = problem_of(error) if isinstance(error, Exception) else None
    return own or problem_of_failure(error)
