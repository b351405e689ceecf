"""Reads everything of a merchant, a page at a time, and writes it as CSV (RFC 4180) or JSON Lines."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
from fluxo_local.errors import CommandError
from fluxo_statements.formulas import TEXT_COLUMNS, defused

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.files.new_file import new_file

ENTRIES_PAGE_MAX: Final = 500
DAYS_PAGE_MAX: Final = 3_660
DAY_COLUMNS: Final = (
    "date",
    "currency",
    "opening_balance",
    "total_credits",
    "total_debits",
    "net",
    "closing_balance",
    "entry_count",
    "as_of",
)
"""A daily balance's fields as the API names them, in its order."""

Records = Sequence[Mapping[str, Any]]


def pages_of_entries(client: ServiceClient, query: Mapping[str, str | None]) -> Iterator[Records]:
    """Yield the entries that the query chooses, newest business date first, to the last page."""
    cursor: str | None = None
    while True:
        page = client.get("/v1/entries", **query, limit=ENTRIES_PAGE_MAX, cursor=cursor).json()
        yield page["items"]
        if (cursor := page["next"]) is None:
            return


def ranges_of_days(client: ServiceClient, first: date, last: date) -> Iterator[Mapping[str, Any]]:
    """Yield the range as the service answers it, in as many pieces as it takes, each going on from the one before.

    Raises:
        CommandError: an entry of an earlier day was recorded between two pieces, so that they do not fit.
    """
    closing: str | None = None
    while True:
        until = last if (last - first).days < DAYS_PAGE_MAX else first + timedelta(days=DAYS_PAGE_MAX - 1)
        piece = client.get("/v1/daily-balances", **{"from": str(first), "to": str(until)}).json()
        if closing not in {None, piece["opening_balance"]}:
            raise CommandError(f"The balances before {first} changed while they were read: give the command again.")
        yield piece
        if until == last:
            return
        first, closing = until + timedelta(days=1), piece["closing_balance"]


@contextmanager
def destination(output: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    """Yield standard output, or a file that is complete or not there.

    Raises:
        CommandError: the file is there and `force` is not given, or it cannot be written.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with new_file(output, replace=force, instead="name another file, or give --force") as file:
            yield file


def write_csv(file: BinaryIO, columns: Sequence[str], pages: Iterable[Records], *, raw: bool = False) -> None:
    """Write UTF-8 with a header, once the first page is there; null is an empty cell.

    Unless it is `raw`, no text is one that a spreadsheet would run.
    """
    coming = iter(pages)
    first = next(coming, ())
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(columns)
        for page in chain((first,), coming):
            writer.writerows([_cell(record, column, raw=raw) for column in columns] for record in page)
    finally:
        # The file stays open: it is the caller's.
        text.detach()


def _cell(record: Mapping[str, Any], column: str, *, raw: bool) -> Any:
    value = record[column]
    return defused(value) if not raw and value and column in TEXT_COLUMNS else value


def write_json_lines(file: BinaryIO, pages: Iterable[Records]) -> None:
    """Write each as the API answers it, one a line."""
    for page in pages:
        file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in page)
