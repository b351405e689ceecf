from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.domain.daily_balance import DateRange
from fluxo_balances.entrypoints.http.answers import CategoryTotalsBody, render_categories
from fluxo_balances.entrypoints.http.documentation import CONDITION, read_responses
from fluxo_balances.entrypoints.http.get_daily_balances import CACHED_DAYS_MAX
from fluxo_balances.entrypoints.http.parameters import RangeQuery
from fluxo_balances.entrypoints.http.respond import BalancesReader, Respond

PATH: Final = "/v1/category-totals"


def add_get_category_totals(routes: APIRouter, get_category_totals: GetCategoryTotals, respond: Respond) -> None:
    @routes.head(PATH, include_in_schema=False)
    @routes.get(
        PATH,
        operation_id="getCategoryTotals",
        summary="Get a range's totals by category and month",
        description=getdoc(GetCategoryTotals),
        responses=read_responses(CategoryTotalsBody, "The totals."),
        openapi_extra={"parameters": [CONDITION]},
        response_class=Response,
    )
    async def answer(request: Request, principal: BalancesReader, query: Annotated[RangeQuery, Query()]) -> Response:
        days = DateRange(query.first, query.last)

        async def read() -> bytes:
            return render_categories(*await get_category_totals(principal.tenant, days))

        cache_key = f"categories {days.first}..{days.last}" if len(days) <= CACHED_DAYS_MAX else None
        return await respond(request, principal.tenant, read, cache_key=cache_key, after_entry=query.after_entry)
