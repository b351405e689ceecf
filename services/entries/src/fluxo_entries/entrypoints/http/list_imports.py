from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires

from fluxo_entries.application.importing.imports import ListImports
from fluxo_entries.entrypoints.http.answers import json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.import_answers import ImportsAnswer, import_answer
from fluxo_entries.entrypoints.http.import_parameters import ImportsQuery


def add_list_imports(routes: APIRouter, list_imports: ListImports) -> None:
    @routes.get(
        "/v1/imports",
        operation_id="listImports",
        summary="List imports",
        description=getdoc(ListImports),
        response_model=ImportsAnswer,
        response_description="One page.",
        responses=READ_PROBLEMS,
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read"))], query: Annotated[ImportsQuery, Query()]
    ) -> Response:
        items, following = await list_imports(principal.tenant, query.cursor, query.limit)
        content: ImportsAnswer = {
            "items": [import_answer(item) for item in items],
            "next": None if following is None else str(following),
        }
        return json_answer(200, content)
