from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.observability.traces.tracing import current_traceparent
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.recording.api_keys import CreateApiKey
from fluxo_entries.entrypoints.http.answers import NewApiKeyAnswer, api_key_answer, json_answer
from fluxo_entries.entrypoints.http.bodies import NewApiKey
from fluxo_entries.entrypoints.http.documentation import WRITE_PROBLEMS


def add_create_api_key(routes: APIRouter, create_api_key: CreateApiKey) -> None:
    @routes.post(
        "/v1/api-keys",
        operation_id="createApiKey",
        summary="Make an API key",
        description=getdoc(CreateApiKey),
        status_code=201,
        response_model=NewApiKeyAnswer,
        response_description="The key. It is not shown again.",
        responses={**WRITE_PROBLEMS, **problem_responses(409)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("api-keys:manage"))], body: NewApiKey
    ) -> Response:
        api_key, key = await create_api_key(principal.tenant, body.draft(), principal.scopes, current_traceparent())
        return json_answer(201, {**api_key_answer(api_key), "key": key})
