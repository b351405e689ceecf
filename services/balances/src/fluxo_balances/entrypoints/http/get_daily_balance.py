from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fluxo_chassis.http.fast.direct import DirectRoute

from fluxo_balances.entrypoints.http.parameters import BusinessDate, DayQuery
from fluxo_balances.entrypoints.http.presenter import render_day
from fluxo_balances.entrypoints.http.reading import BalancesReader, queries_of, respond
from fluxo_balances.entrypoints.http.schemas import DailyBalanceBody, responses

PATH: Final = "/v1/daily-balances/{date}"

router = APIRouter(tags=["daily balances"], route_class=DirectRoute)


@router.head(PATH, include_in_schema=False)
@router.get(
    PATH,
    operation_id="getDailyBalance",
    summary="Get a day's balance",
    responses=responses(DailyBalanceBody),
    response_class=Response,
)
async def get_daily_balance(
    request: Request,
    principal: BalancesReader,
    day: Annotated[BusinessDate, Path(alias="date")],
    query: Annotated[DayQuery, Query()],
) -> Response:
    """What a day opened and closed with.

    It opens with the sum of all earlier days, back-dated entries and reversals included. A day without entries carries
    the balance and has zero totals.
    """
    merchant_id = principal.tenant

    async def read() -> bytes:
        return render_day(*await queries_of(request).get_daily_balance(merchant_id, day))

    return await respond(request, merchant_id, read, cache_key=day.isoformat(), after_entry=query.after_entry)
