"""Asks a service's `totals` process for its days, one line at a time."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import IO, TypeVar

import orjson
from fluxo_local.errors import CommandError

from fluxo_cli.operations.reconciliation import RecordedDay

_LAST_LINES = 5
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
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=dict(environment)
            )
        except OSError as error:
            raise SideUnavailableError(service, str(error)) from error
        with process:
            try:
                yield _days(service, process, complaints, day_type)
            finally:
                process.kill()


def _days(service: str, process: subprocess.Popen[bytes], complaints: IO[bytes], day_type: type[Day]) -> Iterator[Day]:
    last: Day | None = None
    for line in process.stdout or ():
        day = _parse(service, line, day_type)
        if last is not None and day.key <= last.key:
            raise SideUnavailableError(service, f"{day.merchant_id} {day.business_date} came out of order.")
        last = day
        yield day
    if process.wait() != 0:
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise SideUnavailableError(service, "\n".join(lines) or f"its process ended with {process.returncode}.")


def _parse(service: str, line: bytes, day_type: type[Day]) -> Day:
    try:
        values = orjson.loads(line)
        return day_type(business_date=date.fromisoformat(values.pop("date")), **values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        shown = line[:200].decode(errors="replace").strip()
        raise SideUnavailableError(service, f"a line is not a day: {shown}") from error
