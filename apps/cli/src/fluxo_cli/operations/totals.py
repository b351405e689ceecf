"""Asks the services' `totals` processes for their days and categories up to one cut-off, one line at a time."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Final, Generic, TypeVar

from fluxo_local.errors import CommandError
from fluxo_local.process_environment import environment_of
from fluxo_local.services import SERVICES

from fluxo_cli.operations.child_process import run_lines
from fluxo_cli.operations.reconciliation import CategoryMonth, ConsolidatedDay, RecordedDay

Day = TypeVar("Day", bound=RecordedDay)
Row = TypeVar("Row", bound=RecordedDay | CategoryMonth)

_OF_A_CATEGORY: Final = b'"month":'


@dataclass(frozen=True, slots=True)
class Side(Generic[Day]):
    """What a process prints: the days, and after them the categories."""

    days: Iterator[Day]
    categories: Iterator[CategoryMonth]


class SideUnavailableError(CommandError):
    """One side could not be asked, so nothing can be said about either."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"The totals of the {service} service cannot be read: {reason}", exit_status=3)


@contextmanager
def consolidated_totals(
    argv: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[bytes, Side[ConsolidatedDay]]]:
    """Run the balances' `argv`; yield the line of its cut-off, for `recorded_totals`, and its totals as they come.

    Leaving the block ends the process.

    Raises:
        SideUnavailableError: it cannot be started, fails, or prints anything but a line and ascending totals.
    """
    with _lines_of("balances", argv, environment) as lines:
        cut_off = next(lines, b"")
        if not cut_off.startswith(b'{"since":'):
            raise SideUnavailableError("balances", f"its first line is not a cut-off: {_shown(cut_off)}")
        yield cut_off, _side("balances", lines, ConsolidatedDay)


@contextmanager
def recorded_totals(argv: Sequence[str], environment: Mapping[str, str], cut_off: bytes) -> Iterator[Side[RecordedDay]]:
    """Run the entries' `argv` and yield its totals up to the cut-off as they come; leaving the block ends the process.

    Raises:
        SideUnavailableError: it cannot be started, fails, or prints anything but ascending totals.
    """
    with tempfile.TemporaryFile() as stdin:
        stdin.write(cut_off)
        stdin.seek(0)
        with _lines_of("entries", argv, environment, stdin) as lines:
            yield _side("entries", lines, RecordedDay)


@contextmanager
def _lines_of(
    service: str, argv: Sequence[str], environment: Mapping[str, str], stdin: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[Iterator[bytes]]:
    (own,) = (each for each in SERVICES if each.name == service)
    known = environment_of(own, "totals", environment)
    with (
        tempfile.TemporaryFile() as complaints,
        closing(run_lines(argv, known, complaints, otherwise="its process", stdin=stdin)) as lines,
    ):
        yield _of_side(service, lines)


def _side(service: str, lines: Iterator[bytes], day_type: type[Day]) -> Side[Day]:
    first_category: list[bytes] = []

    def of_days() -> Iterator[bytes]:
        for line in lines:
            if _OF_A_CATEGORY in line:
                first_category.append(line)
                return
            yield line

    def of_categories() -> Iterator[bytes]:
        yield from first_category
        yield from lines

    def day(values: dict[str, Any]) -> Day:
        return day_type(business_date=date.fromisoformat(values.pop("date")), **values)

    def category(values: dict[str, Any]) -> CategoryMonth:
        return CategoryMonth(month=date.fromisoformat(values.pop("month")), **values)

    return Side(_ascending(service, of_days(), day, "day"), _ascending(service, of_categories(), category, "category"))


def _ascending(
    service: str, lines: Iterator[bytes], build: Callable[[dict[str, Any]], Row], what: str
) -> Iterator[Row]:
    last: Row | None = None
    for line in lines:
        row = _parse(service, line, build, what)
        if last is not None and row.key <= last.key:
            raise SideUnavailableError(service, f"{' '.join(map(str, row.key)).strip()} came out of order.")
        last = row
        yield row


def _of_side(service: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from lines
    except CommandError as error:
        raise SideUnavailableError(service, str(error)) from error


def _parse(service: str, line: bytes, build: Callable[[dict[str, Any]], Row], what: str) -> Row:
    try:
        # Of an integer beyond 64 bits orjson makes a float.
        return build(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SideUnavailableError(service, f"a line is not a {what}: {_shown(line)}") from error


def _shown(line: bytes) -> str:
    return line[:200].decode(errors="replace").strip()
