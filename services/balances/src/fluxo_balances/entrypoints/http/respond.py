"""What all routes share: wait for an entry if asked to, come by the answer, answer conditionally."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import PLAIN_PRICE, requires
from fluxo_chassis.http.middleware import route_template
from prometheus_client import Counter, Histogram

from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.domain.daily_balance import RANGE_DAYS_MAX
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache, Read
from fluxo_balances.entrypoints.http.conditional_response import conditional_response

answers_total = Counter("balance_answers_total", "Balances answered, by where the answer came from.", ["origin"])
after_entry_wait_seconds = Histogram(
    "balance_after_entry_wait_seconds",
    "Time that reads with `after_entry` waited for their entry, in vain ones included.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)

SCOPE: Final = "balances:read"

DAYS_FOR_ONE: Final = 10
"""How many days of a range cost as much as an answer at hand: ten years as much as some forty plain requests."""


def _price(request: Request) -> float:
    query = request.query_params
    try:
        days = (date.fromisoformat(query["to"]) - date.fromisoformat(query["from"])).days
    except (KeyError, ValueError):
        days = 0  # One day, or a range that is refused.
    return PLAIN_PRICE + min(max(days, 0), RANGE_DAYS_MAX) / DAYS_FOR_ONE


BalancesReader = Annotated[Principal, Depends(requires(SCOPE, _price))]


class Respond:
    def __init__(self, answers: AnswerCache, await_entry: AwaitEntry) -> None:
        self._answers = answers
        self._await_entry = await_entry

    async def __call__(
        self,
        request: Request,
        merchant_id: str,
        read: Read,
        *,
        cache_key: str | None,
        after_entry: UUID | None,
        is_day: bool = False,
    ) -> Response:
        """Answer from the cache or with what `read` renders; None as `cache_key` keeps the answer out of the cache.

        After an entry was waited for, the database is read: what the cache holds may be older.
        """
        if after_entry is not None:
            self._answers.require_database()
            with after_entry_wait_seconds.labels(route_template(request.scope)).time():
                await self._await_entry(merchant_id, after_entry)
        if after_entry is not None or cache_key is None:
            answer = await self._answers.bypass(merchant_id, read, is_day=is_day, is_long=cache_key is None)
        else:
            answer = await self._answers.get(merchant_id, cache_key, read, is_day=is_day)
        answers_total.labels(answer.origin.value).inc()
        condition = ", ".join(request.headers.getlist("if-none-match"))
        return conditional_response(request.method, condition, answer)
