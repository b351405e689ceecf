import re
from inspect import getdoc
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import PLAIN_PRICE, requires
from fluxo_chassis.problems import FieldError, Problem
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from fluxo_entries.application.recording.list_entries import ListEntries
from fluxo_entries.application.recording.ports import EntryFilter, Position
from fluxo_entries.domain.direction import Direction
from fluxo_entries.entrypoints.http.answers import PageAnswer, entry_answer, json_answer
from fluxo_entries.entrypoints.http.cursor import CURSOR_LENGTH_MAX, decode_cursor, encode_cursor
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.fields import BusinessDate, Category, SearchText, absent, from_text

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 500

_DIGITS: Final = re.compile(r"[0-9]{1,3}\Z")


def _parse_limit(text: str) -> int:
    if not _DIGITS.match(text) or not 1 <= int(text) <= LIMIT_MAX:
        raise ValueError(f"A limit is a number from 1 to {LIMIT_MAX}.")
    return int(text)


Limit = Annotated[int, from_text(_parse_limit), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX})]


SEARCH_PRICE: Final = 200.0


ENTRIES_FOR_ONE: Final = 2
"""How many entries of a page cost as much as an answer at hand."""


def _price(request: Request) -> float:
    if "q" in request.query_params:
        return SEARCH_PRICE
    limit = request.query_params.get("limit", "")
    count = int(limit) if _DIGITS.match(limit) else LIMIT_DEFAULT
    return PLAIN_PRICE + min(count, LIMIT_MAX) / ENTRIES_FOR_ONE


class EntriesQuery(BaseModel):
    """Which entries. Unknown parameters are refused: a misspelt filter must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")

    from_date: BusinessDate = Field(default_factory=absent, alias="from", description="First business date.")
    to_date: BusinessDate = Field(default_factory=absent, alias="to", description="Last business date.")
    direction: Direction = Field(default_factory=absent)
    category: Category = Field(default_factory=absent, description="This category, in capitals or not, wide or narrow.")
    q: SearchText = Field(default_factory=absent)
    limit: Limit = Field(default=LIMIT_DEFAULT, description="How many at most.")
    cursor: str = Field(default_factory=absent, max_length=CURSOR_LENGTH_MAX, description="`next` of the page before.")

    def wanted(self) -> EntryFilter:
        return EntryFilter(self.from_date, self.to_date, self.direction, self.category, self.q)


def add_list_entries(routes: APIRouter, list_entries: ListEntries) -> None:
    @routes.get(
        "/v1/entries",
        operation_id="listEntries",
        summary="List entries",
        description=getdoc(ListEntries),
        response_model=PageAnswer,
        response_description="One page.",
        responses=READ_PROBLEMS,
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read", _price))],
        query: Annotated[EntriesQuery, Query()],
    ) -> Response:
        merchant_id, wanted = principal.tenant, query.wanted()
        page = await list_entries(merchant_id, wanted, after=_position(query, merchant_id, wanted), limit=query.limit)
        content: PageAnswer = {
            "items": [entry_answer(item.entry, item.reversed_by) for item in page.items],
            "next": None if page.next is None else encode_cursor(page.next, merchant_id, wanted),
        }
        return json_answer(200, content)


def _position(query: EntriesQuery, merchant_id: str, wanted: EntryFilter) -> Position | None:
    if query.cursor is None:
        return None
    try:
        return decode_cursor(query.cursor, merchant_id, wanted)
    except ValueError as error:
        detail = str(error)
        raise Problem(422, "invalid-cursor", "Invalid cursor", detail, errors=[FieldError("?cursor", detail)]) from None
