from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses
from pydantic import BaseModel, ConfigDict, Field

from fluxo_entries.application.recording.day_closes import ReopenDay
from fluxo_entries.entrypoints.http.answers import DayCloseAnswer, day_close_answer, json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.fields import Description
from fluxo_entries.entrypoints.http.parameters import DateInPath


class Reopening(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Description, Field(description="Why; it stands in the trail.")]


def add_reopen_day(routes: APIRouter, reopen_day: ReopenDay) -> None:
    @routes.delete(
        "/v1/day-closes/{date}",
        operation_id="reopenDay",
        summary="Reopen a day",
        description=getdoc(ReopenDay),
        response_model=DayCloseAnswer,
        response_description="The day is open, and those after the one that was closed before it.",
        responses={**READ_PROBLEMS, **problem_responses(404)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("days:manage"))],
        date: DateInPath,
        query: Annotated[Reopening, Query()],
    ) -> Response:
        reopened = await reopen_day(principal.tenant, date, query.reason, principal.subject)
        return json_answer(200, day_close_answer(reopened))
