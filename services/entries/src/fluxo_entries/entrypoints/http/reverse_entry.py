from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.observability.traces.tracing import current_traceparent
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.cooperative import short_work
from fluxo_entries.application.recording.reverse_entry import ReverseEntry
from fluxo_entries.entrypoints.http.answers import EntryAnswer, recorded_answer
from fluxo_entries.entrypoints.http.bodies import NewReversal
from fluxo_entries.entrypoints.http.documentation import DAY_CLOSED, WRITE_PROBLEMS, recorded
from fluxo_entries.entrypoints.http.parameters import HEADER_PARAMETER, EntryIdInPath, IdempotencyKey


def add_reverse_entry(routes: APIRouter, reverse_entry: ReverseEntry) -> None:
    @routes.post(
        "/v1/entries/{entry_id}/reversal",
        operation_id="reverseEntry",
        summary="Reverse an entry",
        description=getdoc(ReverseEntry),
        status_code=201,
        responses={**WRITE_PROBLEMS, **problem_responses(404), 409: DAY_CLOSED, **recorded(EntryAnswer)},
        openapi_extra={"parameters": [HEADER_PARAMETER]},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write"))],
        idempotency_key: IdempotencyKey,
        entry_id: EntryIdInPath,
        body: NewReversal,
    ) -> Response:
        with short_work:
            return recorded_answer(
                await reverse_entry(
                    principal.tenant,
                    entry_id,
                    body.reason,
                    body.business_date,
                    idempotency_key=idempotency_key,
                    traceparent=current_traceparent(),
                )
            )
