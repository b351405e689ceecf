from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires

from fluxo_entries.application.recording.day_closes import ListDayCloses
from fluxo_entries.entrypoints.http.answers import DayClosesAnswer, day_close_answer, json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS


def add_list_day_closes(routes: APIRouter, list_day_closes: ListDayCloses) -> None:
    @routes.get(
        "/v1/day-closes",
        operation_id="listDayCloses",
        summary="List closed and reopened days",
        description=getdoc(ListDayCloses),
        response_model=DayClosesAnswer,
        response_description="The trail.",
        responses=READ_PROBLEMS,
    )
    async def answer(principal: Annotated[Principal, Depends(requires("entries:read"))]) -> Response:
        trail = await list_day_closes(principal.tenant)
        return json_answer(
            200, {"closed_through": trail.closed_through, "items": [day_close_answer(each) for each in trail.lines]}
        )
