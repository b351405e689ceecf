from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from itertools import islice
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import PLAIN_PRICE, requires
from fluxo_chassis.http.json_in_turns import TOO_LARGE
from fluxo_chassis.http.validation import ERRORS_SHOWN_MAX, FIELDS_MAX, invalid_request, too_many_fields
from fluxo_chassis.observability.traces.tracing import current_trace_id, current_traceparent
from fluxo_chassis.problems import FieldError, Problem
from fluxo_chassis.resilience import Bulkhead

from fluxo_entries.application.cooperative import in_pieces, yielding
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.application.recording.record_entries_in_bulk import BulkItem, ItemResult, RecordEntriesInBulk
from fluxo_entries.domain.draft import rules_for
from fluxo_entries.domain.errors import (
    DayClosedError,
    ItemsInClosedDaysError,
    RejectedFieldsError,
    RejectedItemsError,
    ReusedKeysError,
)
from fluxo_entries.entrypoints.http.answers import (
    REPLAYED,
    BulkAnswer,
    CheckedBulkAnswer,
    GoodItem,
    PartialBulkAnswer,
    RecordedItem,
    RefusedItem,
    encode,
    entry_answer,
    json_bytes,
)
from fluxo_entries.entrypoints.http.bodies import Bulk, parse_item
from fluxo_entries.entrypoints.http.documentation import DAY_CLOSED, WRITE_PROBLEMS, recorded_in_bulk
from fluxo_entries.entrypoints.http.problems import days_closed, keys_reused, problem_of

T = TypeVar("T")

PATH: Final = "/v1/entries/bulk"
BODY_LIMIT_BYTES: Final = 8 * 1024 * 1024

ERRORS_OF_AN_ITEM_MAX: Final = 8
"""So many are named: all fields that an entry has, and one that it has not."""

BULK_WITHIN_S: Final = 10.0
"""Ten thousand entries take a second; on a busy machine, several."""

RUNNING_MAX: Final = 64
"""Of all merchants, each with a body of 8 MiB at most that may come slowly: a few must not stop the others."""

WAITING_MAX: Final = 100
WAIT_MAX_S: Final = 5.0

BYTES_FOR_ONE: Final = 100
"""An item has some two hundred bytes and costs as much as two answers at hand, by the hundred of them."""


def _price(request: Request) -> float:
    """By the length that the head tells, for nothing else is read before; the greatest where it tells none."""
    length = request.headers.get("content-length", "")
    return PLAIN_PRICE + (int(length) if length.isdecimal() else BODY_LIMIT_BYTES) / BYTES_FOR_ONE


def bulks_in_turns() -> Bulkhead:
    """Let one bulk of a merchant in at a time: each takes memory, and slices of the event loop one after another."""
    return Bulkhead(
        "entries-bulks", running_max=RUNNING_MAX, tenant_running_max=1, waiting_max=WAITING_MAX, wait_max_s=WAIT_MAX_S
    )


def add_record_entries_in_bulk(routes: APIRouter, record_entries: RecordEntriesInBulk) -> None:
    @routes.post(
        PATH,
        operation_id="recordEntriesInBulk",
        summary="Record many entries",
        description=f"{getdoc(RecordEntriesInBulk)}\n\nThe body has at most 8 MiB: split what is larger.",
        status_code=201,
        responses={
            **WRITE_PROBLEMS,
            409: DAY_CLOSED,
            **recorded_in_bulk(BulkAnswer, PartialBulkAnswer, CheckedBulkAnswer),
        },
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:write", _price))], body: Bulk
    ) -> Response:
        currency = await record_entries.currency_of(principal.tenant)
        # In an atomic bulk all that is wrong is counted, otherwise what is named of each item is all that is kept.
        errors_max = None if body.mode == "atomic" else ERRORS_OF_AN_ITEM_MAX
        parsed = [_parse(item, currency, errors_max) async for item in yielding(_each_let_go(body.entries))]
        if body.mode == "atomic":
            return await _all_or_none(record_entries, principal.tenant, parsed)
        items = [item for item in parsed if isinstance(item, BulkItem)]
        if body.mode == "check":
            reasons = await record_entries.check(principal.tenant, items)
            return await _answer(200, _in_order(parsed, map(_checked_item, reasons)))
        results = await record_entries.partial(principal.tenant, items, traceparent=current_traceparent())
        headers = _replayed(results) if len(results) == len(parsed) else None
        return await _answer(207, _in_order(parsed, map(_recorded_item, results)), headers)


async def _all_or_none(
    record_entries: RecordEntriesInBulk, merchant_id: str, parsed: list[BulkItem | Problem]
) -> Response:
    items = [item for item in parsed if isinstance(item, BulkItem)]
    if len(items) < len(parsed):
        raise _rejected({index: item for index, item in enumerate(parsed) if isinstance(item, Problem)})
    try:
        outcomes = await record_entries.atomic(merchant_id, items, traceparent=current_traceparent())
    except RejectedItemsError as error:
        raise _rejected({index: problem_of(each) for index, each in error.rejections.items()}) from None
    except ReusedKeysError as error:
        raise keys_reused(error.reused) from None
    except ItemsInClosedDaysError as error:
        raise days_closed(error.closed) from None
    headers = _replayed(outcomes)
    parsed.clear()
    entries = (entry_answer(outcome.entry) for outcome in _each_let_go(outcomes, items))
    return await _answer(201, entries, headers)


async def _answer(status: int, items: Iterable[Any], headers: Mapping[str, str] | None = None) -> Response:
    """Return the items as a `BulkAnswer` or one of its like, rendered piece by piece."""
    pieces = [encode(piece)[1:-1] async for piece in in_pieces(items)]
    return json_bytes(status, b'{"items":[%b]}' % b",".join(pieces), headers)


def _in_order(parsed: Sequence[BulkItem | Problem], answers: Iterator[Any]) -> Iterator[Any]:
    """Yield an answer for each item: for one that could not be read its refusal, for others the next of `answers`."""
    return (_refused(item) if isinstance(item, Problem) else next(answers) for item in parsed)


def _each_let_go(items: list[T], beside: list[Any] | None = None) -> Iterator[T]:
    """Yield the items, and keep none; `beside` are as many that they came from, kept no longer either."""
    items.reverse()
    while items:
        if beside:
            beside.pop()
        yield items.pop()


def _parse(item: object, currency: str, errors_max: int | None) -> BulkItem | Problem:
    if not isinstance(item, dict):
        sentence = str(item) if item is TOO_LARGE else "This must be an object."
        return invalid_request([FieldError("", sentence)])
    if len(item) > FIELDS_MAX:
        return too_many_fields()
    try:
        return parse_item(item, rules_for(item, currency))
    except RejectedFieldsError as error:
        problem = problem_of(error)
        if errors_max is None or len(problem.errors) <= errors_max:
            return problem
        return invalid_request(problem.errors, errors_max)


def _rejected(problems: dict[int, Problem]) -> Problem:
    """Return the 422 that names the fields of the items' problems, pointed at from the whole body."""
    placed = (
        FieldError(f"/entries/{index}{error.pointer}", error.detail)
        for index, problem in problems.items()
        for error in problem.errors
    )
    count = sum(len(problem.errors) for problem in problems.values())
    return invalid_request(list(islice(placed, ERRORS_SHOWN_MAX)), count=count)


def _recorded_item(result: ItemResult) -> RecordedItem | RefusedItem:
    if not isinstance(result, Outcome):
        return _refused(problem_of(result))
    recorded: RecordedItem = {"status": 201, "entry": entry_answer(result.entry)}
    if result.replayed:
        recorded["replayed"] = True
    return recorded


def _checked_item(reason: RejectedFieldsError | DayClosedError | None) -> GoodItem | RefusedItem:
    return {"status": 200} if reason is None else _refused(problem_of(reason))


def _refused(problem: Problem) -> RefusedItem:
    return {
        "status": 409 if problem.status == HTTPStatus.CONFLICT else 422,
        "problem": problem.body(current_trace_id()),
    }


def _replayed(results: Sequence[ItemResult]) -> dict[str, str] | None:
    is_replay = all(isinstance(result, Outcome) and result.replayed for result in results)
    return REPLAYED if is_replay else None
