from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.observability.traces.tracing import current_traceparent
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.recording.merchant_settings import ChangeMerchant
from fluxo_entries.entrypoints.http.answers import MerchantAnswer, json_answer, merchant_answer
from fluxo_entries.entrypoints.http.bodies import MerchantPatch
from fluxo_entries.entrypoints.http.documentation import WRITE_PROBLEMS


def add_change_merchant(routes: APIRouter, change_merchant: ChangeMerchant) -> None:
    @routes.patch(
        "/v1/merchant",
        operation_id="changeMerchant",
        summary="Change the merchant's settings",
        description=getdoc(ChangeMerchant),
        response_model=MerchantAnswer,
        response_description="The settings as they are now.",
        responses={**WRITE_PROBLEMS, **problem_responses(409)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write"))], body: MerchantPatch
    ) -> Response:
        changed = await change_merchant(principal.tenant, body.change(), current_traceparent())
        return json_answer(200, merchant_answer(changed))
