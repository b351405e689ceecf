"""Which fact about the entries is which problem: the one table from domain errors to HTTP."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request, Response
from fluxo_chassis.http.problem_answers import problem_answer
from fluxo_chassis.http.validation import ERRORS_SHOWN_MAX, how_many, invalid_request, pointer
from fluxo_chassis.problems import FieldError, Problem

from fluxo_entries.domain.errors import (
    ApiKeyNameTakenError,
    ApiKeyNotFoundError,
    CloseHeldUpError,
    CurrencyFixedError,
    DayClosedError,
    DayNotClosedError,
    EntriesError,
    EntryAlreadyReversedError,
    EntryNotFoundError,
    IdempotencyKeyRepeatedError,
    IdempotencyKeyReusedError,
    ImportConfirmedError,
    ImportLinesGoneError,
    ImportNotFoundError,
    ImportNotReadyError,
    NotConsolidatedError,
    NothingSealedError,
    OutcomeUnknownError,
    OverloadedError,
    OverShareError,
    RejectedFieldsError,
    ReversalOfReversalError,
    ScopeNotHeldError,
    SearchTooSlowError,
    TooManyApiKeysError,
    TooManyImportsError,
)

_PROBLEMS: Final[dict[type[EntriesError], tuple[int, str, str]]] = {
    EntryNotFoundError: (404, "not-found", "Not found"),
    NothingSealedError: (404, "not-found", "Not found"),
    EntryAlreadyReversedError: (409, "already-reversed", "Already reversed"),
    ReversalOfReversalError: (409, "reversal-of-reversal", "A reversal is not reversed"),
    CurrencyFixedError: (409, "currency-fixed", "The currency is fixed"),
    DayClosedError: (409, "day-closed", "The day is closed"),
    DayNotClosedError: (404, "not-found", "Not found"),
    NotConsolidatedError: (409, "not-yet-consolidated", "Not yet consolidated"),
    CloseHeldUpError: (503, "unavailable", "Temporarily unavailable"),
    ApiKeyNotFoundError: (404, "not-found", "Not found"),
    ApiKeyNameTakenError: (409, "api-key-name-taken", "Name taken"),
    TooManyApiKeysError: (409, "too-many-api-keys", "Too many API keys"),
    ImportNotFoundError: (404, "not-found", "Not found"),
    ImportLinesGoneError: (410, "import-lines-gone", "No longer kept"),
    ImportNotReadyError: (409, "import-not-ready", "Not ready"),
    TooManyImportsError: (409, "too-many-imports", "Too many imports"),
    ImportConfirmedError: (409, "import-confirmed", "Already confirmed"),
    ScopeNotHeldError: (403, "forbidden", "Not allowed"),
    IdempotencyKeyReusedError: (422, "idempotency-key-reused", "Idempotency key reused"),
    IdempotencyKeyRepeatedError: (422, "idempotency-key-reused", "Idempotency key reused"),
    SearchTooSlowError: (503, "unavailable", "Temporarily unavailable"),
    OverShareError: (429, "rate-limited", "Too many requests"),
    OverloadedError: (503, "overloaded", "Too much at once"),
    OutcomeUnknownError: (503, "outcome-unknown", "Outcome unknown"),
}

_DETAILS: Final[dict[type[EntriesError], str]] = {
    EntryNotFoundError: "There is no such entry.",
    NothingSealedError: "Nothing is sealed yet: entries are some seconds after they were recorded.",
    NotConsolidatedError: "An entry of these days is not in the balances yet. Nothing was closed: try again shortly.",
    CloseHeldUpError: "Others still record entries, or close days. Nothing was closed: try again shortly.",
    SearchTooSlowError: "This search took too long. Name the days to search in, or fewer, or try again shortly.",
    OverloadedError: "Too many entries wait to be written; nothing was recorded. Retry shortly, with the same key.",
    OverShareError: "Too many of your entries wait to be written. This was not recorded: retry shortly, same key.",
    OutcomeUnknownError: "The database went away in the middle; retry with the same key to learn what was recorded.",
}
"""Where the error's own sentence says more than the caller should see, or less than they need."""

_NOT_NOW: Final = (429, 503)
_RETRY_AFTER: Final = {"Retry-After": "1"}


def problem_of(error: EntriesError, place: str = "body") -> Problem:
    """Return the problem that the fact is to a caller; `place` is where its fields stand, "body" or "query"."""
    if isinstance(error, RejectedFieldsError):
        return invalid_request([FieldError(pointer((place, field)), sentence) for field, sentence in error.fields])
    status, slug, title = _PROBLEMS[type(error)]
    detail = _DETAILS.get(type(error), str(error))
    is_not_now = status in _NOT_NOW or isinstance(error, NotConsolidatedError)
    more = {"first_open_day": error.first_open_day} if isinstance(error, DayClosedError) else None
    return Problem(status, slug, title, detail, headers=_RETRY_AFTER if is_not_now else None, more=more)


def days_closed(closed: Mapping[int, DayClosedError]) -> Problem:
    """Return the 409 that names the items of a bulk that lie in closed days."""
    problem = problem_of(next(iter(closed.values())))
    errors = [FieldError(f"/entries/{index}/business_date", "This day is closed.") for index in closed]
    problem.errors = tuple(errors[:ERRORS_SHOWN_MAX])
    return problem


def keys_reused(reused: Mapping[int, IdempotencyKeyReusedError]) -> Problem:
    """Return the 422 that names the items of a bulk whose keys belong to other entries."""
    status, slug, title = _PROBLEMS[IdempotencyKeyReusedError]
    errors = [FieldError(f"/entries/{index}/idempotency_key", _whose(error)) for index, error in reused.items()]
    in_itself = all(isinstance(error, IdempotencyKeyRepeatedError) for error in reused.values())
    fact = "are given to two entries" if in_itself else "were used before with another request"
    detail = how_many(len(errors), f"idempotency keys {fact}")
    return Problem(status, slug, title, detail, errors=errors[:ERRORS_SHOWN_MAX])


def _whose(error: IdempotencyKeyReusedError) -> str:
    if isinstance(error, IdempotencyKeyRepeatedError):
        return f"It is that of /entries/{error.first} too, which is another entry."
    return "It was used before with another request."


async def _on_entries_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EntriesError)  # noqa: S101 - registered for this class
    # A GET has no body: its fields stand in the query.
    return problem_answer(problem_of(error, "query" if request.method == "GET" else "body"))


def install_problems(app: FastAPI) -> None:
    app.add_exception_handler(EntriesError, _on_entries_error)
