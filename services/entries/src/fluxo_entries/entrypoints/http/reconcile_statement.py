from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import Problem

from fluxo_entries.application.importing.reconcile_statement import ReconcileStatement
from fluxo_entries.application.importing.statements import UnreadableStatementError
from fluxo_entries.entrypoints.http import create_import
from fluxo_entries.entrypoints.http.answers import json_answer
from fluxo_entries.entrypoints.http.documentation import WRITE_PROBLEMS
from fluxo_entries.entrypoints.http.import_parameters import FILE_BODY
from fluxo_entries.entrypoints.http.reconciliation_answers import ReconciliationAnswer, reconciliation_answer
from fluxo_entries.entrypoints.http.uploads import Uploads

PATH: Final = "/v1/reconciliations"


def add_reconcile_statement(routes: APIRouter, reconcile_statement: ReconcileStatement, uploads: Uploads) -> None:
    @routes.post(
        PATH,
        operation_id="reconcileStatement",
        summary="Hold a statement against the books",
        description=getdoc(ReconcileStatement),
        response_model=ReconciliationAnswer,
        response_description="How they differ.",
        responses=WRITE_PROBLEMS,
        openapi_extra={"requestBody": FILE_BODY},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read", create_import.price))], request: Request
    ) -> Response:
        async with uploads.received(request, principal.tenant) as (file, _digest):
            try:
                found = await reconcile_statement(principal.tenant, file)
            except UnreadableStatementError as error:
                raise Problem(422, "unreadable-statement", "The file cannot be read", str(error)) from None
        return json_answer(200, await reconciliation_answer(found))
