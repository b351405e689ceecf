"""What the use cases' errors are in HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from fluxo_chassis.problems import FieldError, Problem

from fluxo_balances.application.await_entry import NotYetConsolidatedError
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.domain.daily_balance import RangeTooLongError, RangeUpsideDownError

_NOT_NOW = {
    ReadModelUnavailableError: (
        "unavailable",
        "Temporarily unavailable",
        "The balances cannot be read now. Try again shortly.",
    ),
    NotYetConsolidatedError: (
        "not-yet-consolidated",
        "Not yet consolidated",
        "The entry is not part of the balance yet. Try again shortly.",
    ),
}
_BAD_RANGE = {RangeUpsideDownError: ("?from", "?to"), RangeTooLongError: ("?to",)}


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn each error that a use case names into its problem."""
    try:
        yield
    except tuple(_NOT_NOW) as error:
        slug, title, detail = _NOT_NOW[type(error)]
        raise Problem(503, slug, title, detail, headers={"Retry-After": "1"}) from error
    except tuple(_BAD_RANGE) as error:
        errors = [FieldError(pointer, str(error)) for pointer in _BAD_RANGE[type(error)]]
        raise Problem(422, "validation", "Invalid request", "The range is not valid.", errors=errors) from error
