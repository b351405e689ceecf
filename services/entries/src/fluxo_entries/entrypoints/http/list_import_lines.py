from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.importing.imports import ListImportLines
from fluxo_entries.entrypoints.http.answers import json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.import_answers import ImportLinesAnswer, line_answer
from fluxo_entries.entrypoints.http.import_parameters import ImportIdInPath, ImportLinesQuery


def add_list_import_lines(routes: APIRouter, list_import_lines: ListImportLines) -> None:
    @routes.get(
        "/v1/imports/{import_id}/lines",
        operation_id="listImportLines",
        summary="List the lines of an import",
        description=getdoc(ListImportLines),
        response_model=ImportLinesAnswer,
        response_description="One page.",
        responses={**READ_PROBLEMS, **problem_responses(404, 410)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read"))],
        import_id: ImportIdInPath,
        query: Annotated[ImportLinesQuery, Query()],
    ) -> Response:
        imported, lines, following = await list_import_lines(
            principal.tenant, import_id, query.status, query.cursor, query.limit
        )
        content: ImportLinesAnswer = {
            "items": [line_answer(line, imported.currency) for line in lines],
            "next": None if following is None else str(following),
        }
        return json_answer(200, content)
