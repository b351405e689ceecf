"""Makes a book of rows, in whatever form; and in a process of its own, which takes the work off the one that serves."""

import asyncio
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from fluxo_entries.adapters.cash_book.csv_book import write_csv
from fluxo_entries.domain.cash_book import Form, Head, Row
from fluxo_entries.domain.direction import Direction


def _write_xlsx(path: Path, head: Head, rows: Iterable[Row]) -> None:
    from fluxo_entries.adapters.cash_book.xlsx_book import write_xlsx  # noqa: PLC0415 - nobody else pays for it

    write_xlsx(path, head, rows)


def _write_pdf(path: Path, head: Head, rows: Iterable[Row]) -> None:
    from fluxo_entries.adapters.cash_book.pdf_book import write_pdf  # noqa: PLC0415 - nobody else pays for it

    write_pdf(path, head, rows)


_WRITERS: Final[Mapping[Form, Callable[[Path, Head, Iterable[Row]], None]]] = {
    "csv": write_csv,
    "xlsx": _write_xlsx,
    "pdf": _write_pdf,
}


class CashBookFailedError(Exception):
    """The process that wrote the book ended with an error, which stands in what it wrote to standard error."""


def write_book(form: Form, head: Head, rows: Path, book: Path) -> None:
    """Write the book; rows are CSV: business date, direction, minor units, description and category."""
    _WRITERS[form](book, head, _read(rows))


async def write_in_child(form: Form, head: Head, rows: Path, book: Path) -> None:
    """The same, by a process that yields to the others; it ends with whoever waits for it.

    Raises:
        CashBookFailedError: it could not.
    """
    # Names of merchants are nothing for a list of processes.
    command = (sys.executable, "-m", "fluxo_entries.adapters.cash_book", form, str(rows), str(book))
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    try:
        await child.communicate(msgspec.json.encode(head))
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0:
        raise CashBookFailedError(f"exit status {child.returncode}")


def _read(rows: Path) -> Iterator[Row]:
    with rows.open(encoding="utf-8", newline="") as file:
        for day, direction, amount_minor, description, category in csv.reader(file):
            yield date.fromisoformat(day), Direction(direction), int(amount_minor), description, category
