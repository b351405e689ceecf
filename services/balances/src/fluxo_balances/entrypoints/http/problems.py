"""Which error of the use cases is which problem: the one table from errors to HTTP."""

from typing import Final

from fastapi import FastAPI, Request, Response
from fluxo_chassis.http.problem_answers import problem_answer
from fluxo_chassis.problems import FieldError, Problem

from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.await_entry import NotYetConsolidatedError
from fluxo_balances.application.reading.follow_changes import TooManyFollowersError
from fluxo_balances.domain.category_totals import CategoryTotalsNotBuiltError
from fluxo_balances.domain.daily_balance import RangeTooLongError, RangeUpsideDownError

_PROBLEMS: Final[dict[type[Exception], tuple[int, str, str, str]]] = {
    ReadModelUnavailableError: (
        503,
        "unavailable",
        "Temporarily unavailable",
        "The balances cannot be read now. Try again shortly.",
    ),
    NotYetConsolidatedError: (
        503,
        "not-yet-consolidated",
        "Not yet consolidated",
        "The entry is not part of the balance yet. Try again shortly; what is no entry of this merchant never will be.",
    ),
    TooManyFollowersError: (
        503,
        "overloaded",
        "Overloaded",
        "So many follow changes already that another one would be too many. Try again later.",
    ),
    CategoryTotalsNotBuiltError: (
        503,
        "category-totals-not-built",
        "Category totals not built",
        "Entries of this range have no totals by category yet. Whoever operates the service runs `fluxo rebuild`.",
    ),
    RangeUpsideDownError: (422, "validation", "Invalid request", "The range is not valid."),
    RangeTooLongError: (422, "validation", "Invalid request", "The range is not valid."),
}

_POINTERS: Final[dict[type[Exception], tuple[str, ...]]] = {
    RangeUpsideDownError: ("?from", "?to"),
    RangeTooLongError: ("?to",),
}
"""The parameters that the error's own sentence is about."""

_RETRY_AFTER: Final = {"Retry-After": "1"}
_SOON_OVER: Final = (ReadModelUnavailableError, NotYetConsolidatedError, TooManyFollowersError)


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that the error is to a caller; None for what is no error of the use cases."""
    if type(error) not in _PROBLEMS:
        return None
    status, slug, title, detail = _PROBLEMS[type(error)]
    errors = [FieldError(pointer, str(error)) for pointer in _POINTERS.get(type(error), ())]
    headers = _RETRY_AFTER if isinstance(error, _SOON_OVER) else None
    return Problem(status, slug, title, detail, errors=errors, headers=headers)


async def _on_error(_request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    assert problem is not None  # noqa: S101 - registered for these classes
    return problem_answer(problem)


def install_problems(app: FastAPI) -> None:
    for error in _PROBLEMS:
        app.add_exception_handler(error, _on_error)
