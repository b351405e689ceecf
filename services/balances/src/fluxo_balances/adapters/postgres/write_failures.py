"""What an error says about a write: the database cannot do it now, or an entry can never be applied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from fluxo_chassis.postgres import is_unavailable

from fluxo_balances.application.ports import ReadModelUnavailableError

# Classes of SQLSTATE for which no entry is to blame: connection, transaction state, authorisation, catalogue, deadlock
# and serialisation, missing tables and rights (a schema that is not migrated yet, shadow tables that a rebuild has just
# swapped in), resources, object state, operator intervention, the system.
_NO_ENTRY_IS_TO_BLAME: Final = frozenset({"08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"})


@contextmanager
def unavailable_when_no_entry_is_to_blame() -> Iterator[None]:
    """Turn errors that the entries did not cause into ReadModelUnavailableError: the same may be applied later."""
    try:
        yield
    except Exception as error:
        if is_unavailable(error) or _sqlstate_class(error) in _NO_ENTRY_IS_TO_BLAME:
            raise ReadModelUnavailableError(repr(error)) from error
        raise


def is_refusal(error: BaseException) -> bool:
    """Whether a value broke a rule (class 22 out of range, class 23 a constraint), and always will."""
    return _sqlstate_class(error) in {"22", "23"} or isinstance(error, asyncpg.DataError)


def reason(error: BaseException) -> str:
    """Return why the entry was refused, as a sentence for a person."""
    if isinstance(error, asyncpg.NotNullViolationError) and error.column_name == "currency":
        return "The entry's currency is not the merchant's."
    return f"The read model refuses it: {error}."


def _sqlstate_class(error: BaseException) -> str:
    return (getattr(error, "sqlstate", None) or "")[:2]
