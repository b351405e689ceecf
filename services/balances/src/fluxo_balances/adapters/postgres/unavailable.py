from collections.abc import Iterator
from contextlib import contextmanager

from fluxo_chassis.postgres import is_away

from fluxo_balances.application.ports import ReadModelUnavailableError


@contextmanager
def unavailable_when_away() -> Iterator[None]:
    """Turn every way in which the database can be away into ReadModelUnavailableError."""
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise ReadModelUnavailableError from error
        raise
