from inspect import getdoc
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses
from pydantic import BaseModel, ConfigDict, Field

from fluxo_entries.application.importing.imports import ConfirmImport
from fluxo_entries.entrypoints.http.answers import json_answer
from fluxo_entries.entrypoints.http.documentation import WRITE_PROBLEMS
from fluxo_entries.entrypoints.http.fields import Category
from fluxo_entries.entrypoints.http.import_answers import ImportAnswer, import_answer
from fluxo_entries.entrypoints.http.import_parameters import ImportIdInPath


class ImportConfirmation(BaseModel):
    """How an import shall be recorded."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"possible_duplicates": "skip", "category": "banco"}]}
    )

    possible_duplicates: Annotated[Literal["record", "skip"], Field(description="What becomes of these lines.")]
    category: Annotated[Category | None, Field(description="Of all entries that it records.")] = None


def add_confirm_import(routes: APIRouter, confirm_import: ConfirmImport) -> None:
    @routes.post(
        "/v1/imports/{import_id}/confirm",
        operation_id="confirmImport",
        summary="Record an import",
        description=getdoc(ConfirmImport),
        status_code=202,
        response_model=ImportAnswer,
        response_description="It is being recorded, or was.",
        responses={**WRITE_PROBLEMS, **problem_responses(404, 409)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write"))],
        import_id: ImportIdInPath,
        body: ImportConfirmation,
    ) -> Response:
        confirmed = await confirm_import(
            principal.tenant,
            import_id,
            records_possible=body.possible_duplicates == "record",
            category=body.category,
        )
        return json_answer(202, import_answer(confirmed))
