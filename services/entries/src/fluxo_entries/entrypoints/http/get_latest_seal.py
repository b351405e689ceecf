from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.sealing.get_latest_seal import GetLatestSeal
from fluxo_entries.entrypoints.http.answers import SealAnswer, json_answer, seal_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS


def add_get_latest_seal(routes: APIRouter, get_latest_seal: GetLatestSeal) -> None:
    @routes.get(
        "/v1/seals/latest",
        operation_id="getLatestSeal",
        summary="Get the latest seal of the merchant's books",
        description=getdoc(GetLatestSeal),
        response_model=SealAnswer,
        response_description="The seal.",
        responses={**READ_PROBLEMS, **problem_responses(404)},
    )
    async def answer(principal: Annotated[Principal, Depends(requires("entries:read"))]) -> Response:
        return json_answer(200, seal_answer(*await get_latest_seal(principal.tenant)))
