from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.entrypoints.http.answers import DailyBalanceBody, render_day
from fluxo_balances.entrypoints.http.documentation import CONDITION, read_responses
from fluxo_balances.entrypoints.http.parameters import BusinessDate, DayQuery
from fluxo_balances.entrypoints.http.respond import BalancesReader, Respond

PATH: Final = "/v1/daily-balances/{date}"


def add_get_daily_balance(routes: APIRouter, get_daily_balance: GetDailyBalance, respond: Respond) -> None:
    @routes.head(PATH, include_in_schema=False)
    @routes.get(
        PATH,
        operation_id="getDailyBalance",
        summary="Get a day's balance",
        description=getdoc(GetDailyBalance),
        responses=read_responses(DailyBalanceBody),
        openapi_extra={"parameters": [CONDITION]},
        response_class=Response,
    )
    async def answer(
        request: Request,
        principal: BalancesReader,
        day: Annotated[BusinessDate, Path(alias="date")],
        query: Annotated[DayQuery, Query()],
    ) -> Response:
        async def read() -> bytes:
            return render_day(*await get_daily_balance(principal.tenant, day))

        return await respond(
            request,
            principal.tenant,
            read,
            cache_key=day.isoformat(),
            after_entry=query.after_entry,
            is_day=True,
        )
