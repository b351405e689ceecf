from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.observability.traces.tracing import current_traceparent
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.recording.api_keys import RevokeApiKey
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.parameters import KeyIdInPath


def add_revoke_api_key(routes: APIRouter, revoke_api_key: RevokeApiKey) -> None:
    @routes.delete(
        "/v1/api-keys/{key_id}",
        operation_id="revokeApiKey",
        summary="Revoke an API key",
        description=getdoc(RevokeApiKey),
        status_code=204,
        response_description="It is revoked.",
        responses={**READ_PROBLEMS, **problem_responses(404)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("api-keys:manage"))], key_id: KeyIdInPath
    ) -> Response:
        await revoke_api_key(principal.tenant, key_id, current_traceparent())
        return Response(status_code=204)
