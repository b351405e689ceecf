from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fluxo_chassis.http.fast.direct import DirectRoute

from fluxo_balances.domain.daily_balance import DateRange
from fluxo_balances.entrypoints.http.parameters import RangeQuery
from fluxo_balances.entrypoints.http.presenter import render_range
from fluxo_balances.entrypoints.http.problems import as_problems
from fluxo_balances.entrypoints.http.reading import BalancesReader, queries_of, respond
from fluxo_balances.entrypoints.http.schemas import DailyBalancesBody, responses

PATH: Final = "/v1/daily-balances"

CACHED_DAYS_MAX: Final = 366
"""A year is asked for again and again, and is some 90 KB. Ten years are 900 KB, and asked for once, for an export."""

router = APIRouter(tags=["daily balances"], route_class=DirectRoute)


@router.head(PATH, include_in_schema=False)
@router.get(
    PATH,
    operation_id="listDailyBalances",
    summary="List the balances of a range of days",
    responses=responses(DailyBalancesBody),
    response_class=Response,
)
async def get_daily_balances(
    request: Request, principal: BalancesReader, query: Annotated[RangeQuery, Query()]
) -> Response:
    """Every day of the range, ascending, each opening with what the day before closed with, and their sum."""
    merchant_id = principal.tenant
    with as_problems():
        days = DateRange(query.first, query.last)

    async def read() -> bytes:
        return render_range(*await queries_of(request).get_daily_balances(merchant_id, days))

    cache_key = f"{days.first}..{days.last}" if len(days) <= CACHED_DAYS_MAX else None
    return await respond(request, merchant_id, read, cache_key=cache_key, after_entry=query.after_entry)
