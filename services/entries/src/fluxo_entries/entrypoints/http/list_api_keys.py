from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires

from fluxo_entries.application.recording.api_keys import ListApiKeys
from fluxo_entries.entrypoints.http.answers import ApiKeysAnswer, api_key_answer, json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS


def add_list_api_keys(routes: APIRouter, list_api_keys: ListApiKeys) -> None:
    @routes.get(
        "/v1/api-keys",
        operation_id="listApiKeys",
        summary="List the API keys",
        description=getdoc(ListApiKeys),
        response_model=ApiKeysAnswer,
        response_description="The keys.",
        responses=READ_PROBLEMS,
    )
    async def answer(principal: Annotated[Principal, Depends(requires("api-keys:manage"))]) -> Response:
        return json_answer(200, {"items": [api_key_answer(each) for each in await list_api_keys(principal.tenant)]})
