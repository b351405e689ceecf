from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires

from fluxo_entries.application.recording.day_closes import CloseDay
from fluxo_entries.entrypoints.http.answers import DayCloseAnswer, day_close_answer, json_answer
from fluxo_entries.entrypoints.http.bodies import DayToClose
from fluxo_entries.entrypoints.http.documentation import DAY_CLOSED, WRITE_PROBLEMS

PATH: Final = "/v1/day-closes"
CLOSE_WITHIN_S: Final = 12.0
"""It may wait for a bulk to end, and add up years."""


def add_close_day(routes: APIRouter, close_day: CloseDay) -> None:
    @routes.post(
        PATH,
        operation_id="closeDay",
        summary="Close a day",
        description=getdoc(CloseDay),
        status_code=201,
        responses={
            **WRITE_PROBLEMS,
            409: DAY_CLOSED,
            200: {"model": DayCloseAnswer, "description": "It was closed already, as it says."},
            201: {"model": DayCloseAnswer, "description": "The day is closed."},
        },
    )
    async def answer(principal: Annotated[Principal, Depends(requires("days:close"))], body: DayToClose) -> Response:
        day_close, is_new = await close_day(principal.tenant, body.date, principal.subject)
        return json_answer(201 if is_new else 200, day_close_answer(day_close))
