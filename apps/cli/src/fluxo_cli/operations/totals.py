"""Asks the services' `totals` processes for their days up to one cut-off, one line at a time."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import IO, TypeVar

from fluxo_local.errors import CommandError

from fluxo_cli.operations.child_process import run_lines
from fluxo_cli.operations.reconciliation import ConsolidatedDay, RecordedDay

Day = TypeVar("Day", bound=RecordedDay)


class SideUnavailableError(CommandError):
    """One side could not be asked, so nothing can be said about either."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"The totals of the {service} service cannot be read: {reason}", exit_status=3)


@contextmanager
def consolidated_days(
    argv: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[bytes, Iterator[ConsolidatedDay]]]:
    """Run the balances' `argv`; yield the line of its cut-off, for `recorded_days`, and its days as they come.

    Leaving the block ends the process.

    Raises:
        SideUnavailableError: it cannot be started, fails, or prints anything but a line and ascending days.
    """
    with _lines_of("balances", argv, environment) as lines:
        cut_off = next(lines, b"")
        if not cut_off.startswith(b'{"since":'):
            raise SideUnavailableError("balances", f"its first line is not a cut-off: {_shown(cut_off)}")
        yield cut_off, _days("balances", lines, ConsolidatedDay)


@contextmanager
def recorded_days(
    argv: Sequence[str], environment: Mapping[str, str], cut_off: bytes
) -> Iterator[Iterator[RecordedDay]]:
    """Run the entries' `argv` and yield its days, up to the cut-off, as they come; leaving the block ends the process.

    Raises:
        SideUnavailableError: it cannot be started, fails, or prints anything but ascending days.
    """
    with tempfile.TemporaryFile() as stdin:
        stdin.write(cut_off)
        stdin.seek(0)
        with _lines_of("entries", argv, environment, stdin) as lines:
            yield _days("entries", lines, RecordedDay)


@contextmanager
def _lines_of(
    service: str, argv: Sequence[str], environment: Mapping[str, str], stdin: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[Iterator[bytes]]:
    with (
        tempfile.TemporaryFile() as complaints,
        closing(run_lines(argv, environment, complaints, otherwise="its process", stdin=stdin)) as lines,
    ):
        yield _of_side(service, lines)


def _days(service: str, lines: Iterator[bytes], day_type: type[Day]) -> Iterator[Day]:
    last: Day | None = None
    for line in lines:
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
        raise SideUnavailableError(service, f"a line is not a day: {_shown(line)}") from error


def _shown(line: bytes) -> str:
    return line[:200].decode(errors="replace").strip()
