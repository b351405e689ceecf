from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import PLAIN_PRICE, requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.importing.imports import GetImport
from fluxo_entries.application.importing.preview_import import PreviewImport, Upload
from fluxo_entries.entrypoints.http.answers import REPLAYED, json_answer
from fluxo_entries.entrypoints.http.documentation import WRITE_PROBLEMS, imported
from fluxo_entries.entrypoints.http.import_answers import ImportAnswer, import_answer
from fluxo_entries.entrypoints.http.import_parameters import (
    FILE_BODY,
    OPTIONAL_KEY,
    ImportQuery,
    OptionalIdempotencyKey,
    filename_of,
)
from fluxo_entries.entrypoints.http.uploads import Uploads

PATH: Final = "/v1/imports"
BODY_LIMIT_BYTES: Final = 50 * 1024 * 1024

BYTES_FOR_ONE: Final = 1_000
"""Lines are read by another process, and take their turns as bulks when they are recorded."""


def price(request: Request) -> float:
    length = request.headers.get("content-length", "")
    return PLAIN_PRICE + (int(length) if length.isdecimal() else BODY_LIMIT_BYTES) / BYTES_FOR_ONE


def add_create_import(routes: APIRouter, uploads: Uploads, get_import: GetImport) -> None:
    @routes.post(
        PATH,
        operation_id="createImport",
        summary="Import a file",
        description=f"{getdoc(PreviewImport)}\n\nA file has at most 50 MiB and 1,000,000 lines: split what is larger.",
        status_code=201,
        responses={**WRITE_PROBLEMS, **problem_responses(409), **imported(ImportAnswer)},
        openapi_extra={"parameters": [OPTIONAL_KEY], "requestBody": FILE_BODY},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write", price))],
        request: Request,
        idempotency_key: OptionalIdempotencyKey,
        query: Annotated[ImportQuery, Query()],
    ) -> Response:
        merchant_id, filename = principal.tenant, filename_of(request, query)
        begun, is_new = await uploads.take(
            request,
            merchant_id,
            lambda digest: Upload(filename, digest, query.account, idempotency_key, query.columns, query.fees_apart),
        )
        content = import_answer(await get_import(merchant_id, begun.id))
        headers = {"Location": f"{PATH}/{begun.id}"}
        return json_answer(201, content, headers if is_new else headers | REPLAYED)
