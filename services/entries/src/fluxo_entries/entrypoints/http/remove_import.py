from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.importing.imports import RemoveImport
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.import_parameters import ImportIdInPath


def add_remove_import(routes: APIRouter, remove_import: RemoveImport) -> None:
    @routes.delete(
        "/v1/imports/{import_id}",
        operation_id="removeImport",
        summary="Remove an import",
        description=getdoc(RemoveImport),
        status_code=204,
        response_description="It is gone.",
        responses={**READ_PROBLEMS, **problem_responses(404, 409)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write"))], import_id: ImportIdInPath
    ) -> Response:
        await remove_import(principal.tenant, import_id)
        return Response(status_code=204)
