"""What both routes share: wait for an entry if asked to, come by the answer, answer conditionally."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from fluxo_chassis.auth import Principal, requires
from fluxo_chassis.http.middleware import route_template
from prometheus_client import Counter, Histogram

from fluxo_balances.application.contents import Queries
from fluxo_balances.application.ready_answers import ReadDatabase, ReadyAnswers
from fluxo_balances.entrypoints.http.conditional import conditional_response
from fluxo_balances.entrypoints.http.problems import as_problems

answers_total = Counter("balance_answers_total", "Balances answered, by where the answer came from.", ["origin"])
after_entry_wait_seconds = Histogram(
    "balance_after_entry_wait_seconds",
    "Time that reads with `after_entry` waited for their entry, in vain ones included.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)

SCOPE: Final = "balances:read"

BalancesReader = Annotated[Principal, Depends(requires(SCOPE))]


def queries_of(request: Request) -> Queries:
    queries: Queries = request.app.state.queries
    return queries


async def respond(
    request: Request, merchant_id: str, read: ReadDatabase, *, cache_key: str | None, after_entry: UUID | None
) -> Response:
    """Answer from the cache or with what `read` renders; None as `cache_key` keeps the answer out of the cache.

    After an entry was waited for, the database is read: what the cache holds may be older, as the projector commits
    first and removes answers after that. So those are removed here too: who has seen the entry sees it from then on.
    """
    answers: ReadyAnswers = request.app.state.answers
    with as_problems():
        if after_entry is not None:
            answers.require_database()
            with after_entry_wait_seconds.labels(route_template(request.scope)).time():
                await queries_of(request).await_entry(merchant_id, after_entry)
            await answers.forget(merchant_id)
        if after_entry is not None or cache_key is None:
            answer = await answers.past_cache(read)
        else:
            answer = await answers.get(merchant_id, cache_key, read)
    answers_total.labels(answer.origin.name.lower()).inc()
    return conditional_response(request, answer)
