from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.domain.daily_balance import DateRange
from fluxo_balances.entrypoints.http.answers import DailyBalancesBody, render_range
from fluxo_balances.entrypoints.http.documentation import CONDITION, read_responses
from fluxo_balances.entrypoints.http.parameters import RangeQuery
from fluxo_balances.entrypoints.http.respond import BalancesReader, Respond

PATH: Final = "/v1/daily-balances"

CACHED_DAYS_MAX: Final = 366
"""A year is asked for again and again, and is some 90 KB. Ten years are 900 KB, and asked for once, for an export."""


def add_get_daily_balances(routes: APIRouter, get_daily_balances: GetDailyBalances, respond: Respond) -> None:
    @routes.head(PATH, include_in_schema=False)
    @routes.get(
        PATH,
        operation_id="listDailyBalances",
        summary="List the balances of a range of days",
        description=getdoc(GetDailyBalances),
        responses=read_responses(DailyBalancesBody),
        openapi_extra={"parameters": [CONDITION]},
        response_class=Response,
    )
    async def answer(request: Request, principal: BalancesReader, query: Annotated[RangeQuery, Query()]) -> Response:
        days = DateRange(query.first, query.last)

        async def read() -> bytes:
            return await render_range(*await get_daily_balances(principal.tenant, days))

        cache_key = f"{days.first}..{days.last}" if len(days) <= CACHED_DAYS_MAX else None
        return await respond(request, principal.tenant, read, cache_key=cache_key, after_entry=query.after_entry)
