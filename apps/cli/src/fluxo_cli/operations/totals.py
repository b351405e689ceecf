"""Asks a service's `totals` process for its days, one line at a time."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import TypeVar

from fluxo_local.errors import CommandError

from fluxo_cli.operations.child_process import run_lines
from fluxo_cli.operations.reconciliation import RecordedDay

Day = TypeVar("Day", bound=RecordedDay)


class SideUnavailableError(CommandError):
    """One side could not be asked, so nothing can be said about either."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"The totals of the {service} service cannot be read: {reason}", exit_status=3)


@contextmanager
def days_of(
    service: str, argv: Sequence[str], environment: Mapping[str, str], day_type: type[Day]
) -> Iterator[Iterator[Day]]:
    """Run `argv` and yield its days as they come; leaving the block ends the process.

    Raises:
        SideUnavailableError: it cannot be started, fails, or prints anything but ascending days.
    """
    with (
        tempfile.TemporaryFile() as complaints,
        closing(run_lines(argv, environment, complaints, otherwise="its process")) as lines,
    ):
        yield _days(service, lines, day_type)


def _days(service: str, lines: Iterator[bytes], day_type: type[Day]) -> Iterator[Day]:
    last: Day | None = None
    for line in _of_side(service, lines):
        day = _parse(service, line, day_type)
        if last is not None and day.key <= last.key:
            raise SideUnavailableError(service, f"{day.merchant_id} {day.business_date} came out of order.")
        last = day
        yield day


def _of_side(service: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from lines
    except CommandError as error:
        raise SideUnavailableError(service, str(error)) from error


def _parse(service: str, line: bytes, day_type: type[Day]) -> Day:
    try:
        # Of an integer beyond 64 bits orjson makes a float.
        values = json.loads(line)
        return day_type(business_date=date.fromisoformat(values.pop("date")), **values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        shown = line[:200].decode(errors="replace").strip()
        raise SideUnavailableError(service, f"a line is not a day: {shown}") from error
