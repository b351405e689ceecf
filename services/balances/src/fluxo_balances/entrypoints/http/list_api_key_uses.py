from inspect import getdoc
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.entrypoints.http.answers import ApiKeyUsesBody, instant

PATH: Final = "/v1/api-key-uses"


def add_list_api_key_uses(routes: APIRouter, list_api_key_uses: ListApiKeyUses) -> None:
    @routes.get(
        PATH,
        operation_id="listApiKeyUses",
        summary="Get when API keys were last used here",
        description=getdoc(ListApiKeyUses),
        response_model=ApiKeyUsesBody,
        response_description="The keys, newest first.",
        responses=problem_responses(401, 403, 429, 503),
    )
    async def answer(principal: Annotated[Principal, Depends(requires("api-keys:manage"))]) -> Response:
        uses = await list_api_key_uses(principal.tenant)
        items = [{"id": str(each.id), "last_used_at": instant(each.last_used_at)} for each in uses]
        return Response(orjson.dumps({"items": items}), media_type="application/json")
