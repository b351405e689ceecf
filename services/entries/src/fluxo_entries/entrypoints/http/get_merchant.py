from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires

from fluxo_entries.application.recording.merchant_settings import GetMerchant
from fluxo_entries.entrypoints.http.answers import MerchantAnswer, json_answer, merchant_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS


def add_get_merchant(routes: APIRouter, get_merchant: GetMerchant) -> None:
    @routes.get(
        "/v1/merchant",
        operation_id="getMerchant",
        summary="Get the merchant's settings",
        description=getdoc(GetMerchant),
        response_model=MerchantAnswer,
        response_description="The settings.",
        responses=READ_PROBLEMS,
    )
    async def answer(principal: Annotated[Principal, Depends(requires("entries:read"))]) -> Response:
        return json_answer(200, merchant_answer(await get_merchant(principal.tenant)))
