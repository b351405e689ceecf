from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.observability.traces.tracing import current_traceparent

from fluxo_entries.application.cooperative import short_work
from fluxo_entries.application.recording.record_entry import RecordEntry
from fluxo_entries.domain.draft import parse_draft, rules_for
from fluxo_entries.entrypoints.http.answers import EntryAnswer, recorded_answer
from fluxo_entries.entrypoints.http.bodies import EntryBody
from fluxo_entries.entrypoints.http.documentation import DAY_CLOSED, WRITE_PROBLEMS, recorded
from fluxo_entries.entrypoints.http.parameters import HEADER_PARAMETER, IdempotencyKey

PATH: Final = "/v1/entries"
SCOPE: Final = "entries:write"


def add_record_entry(routes: APIRouter, record_entry: RecordEntry) -> None:
    @routes.post(
        PATH,
        operation_id="recordEntry",
        summary="Record an entry",
        description=getdoc(RecordEntry),
        status_code=201,
        responses={**WRITE_PROBLEMS, 409: DAY_CLOSED, **recorded(EntryAnswer)},
        openapi_extra={"parameters": [HEADER_PARAMETER]},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires(SCOPE))],
        idempotency_key: IdempotencyKey,
        fields: EntryBody,
    ) -> Response:
        with short_work:
            draft = parse_draft(fields, rules_for(fields, await record_entry.currency_of(principal.tenant)))
            return recorded_answer(
                await record_entry(
                    principal.tenant, draft, idempotency_key=idempotency_key, traceparent=current_traceparent()
                )
            )
