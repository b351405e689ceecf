from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.importing.imports import GetImport
from fluxo_entries.entrypoints.http.answers import json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.import_answers import ImportAnswer, import_answer
from fluxo_entries.entrypoints.http.import_parameters import ImportIdInPath


def add_get_import(routes: APIRouter, get_import: GetImport) -> None:
    @routes.get(
        "/v1/imports/{import_id}",
        operation_id="getImport",
        summary="Get an import",
        description=getdoc(GetImport),
        response_model=ImportAnswer,
        response_description="The import as it is now.",
        responses={**READ_PROBLEMS, **problem_responses(404)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read"))], import_id: ImportIdInPath
    ) -> Response:
        return json_answer(200, import_answer(await get_import(principal.tenant, import_id)))
