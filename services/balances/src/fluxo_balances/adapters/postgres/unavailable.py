from collections.abc import Iterator
from contextlib import contextmanager

from fluxo_chassis.postgres import is_unavailable

from fluxo_balances.application.ports import ReadModelUnavailableError


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Turn every way in which the database can be unavailable into ReadModelUnavailableError."""
    try:
        yield
    except Exception as error:
        if is_unavailable(error):
            raise ReadModelUnavailableError from error
        raise
