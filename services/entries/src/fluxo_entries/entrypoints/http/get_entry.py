from inspect import getdoc
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.cooperative import short_work
from fluxo_entries.application.recording.get_entry import GetEntry
from fluxo_entries.entrypoints.http.answers import EntryAnswer, entry_answer, json_answer
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.parameters import EntryIdInPath


def add_get_entry(routes: APIRouter, get_entry: GetEntry) -> None:
    @routes.get(
        "/v1/entries/{entry_id}",
        operation_id="getEntry",
        summary="Get an entry",
        description=getdoc(GetEntry),
        response_model=EntryAnswer,
        response_description="The entry.",
        responses={**READ_PROBLEMS, **problem_responses(404)},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read"))], entry_id: EntryIdInPath
    ) -> Response:
        with short_work:
            found = await get_entry(principal.tenant, entry_id)
            return json_answer(200, entry_answer(found.entry, found.reversed_by))
