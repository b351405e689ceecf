"""A sheet as rows of cells, whatever file it is in."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

Cell = str | float | date
"""As the file has it: text, a number, or a day; "" where there is nothing."""


class Uncomputed(str):
    """The name of a cell, such as C3, whose formula has no value: a program wrote it that computes nothing."""

    __slots__ = ()


class Row(NamedTuple):
    number: int
    """Line of text or row of the sheet, from 1."""
    cells: Sequence[Cell]
    source: str
    broken: str | None = None
    """Why it can't be read, a sentence, if that is known already."""


class Table(NamedTuple):
    row_word: str
    """`line` or `row`."""
    rows: Callable[[], Iterator[Row]]
    """Reads them from the beginning, each time it is called."""
    cells_of_line: Callable[[str], Sequence[Cell]] | None = None
    """What a single line of text would be as a row, where rows are lines of text."""
    sheet: str = ""
    """Its name, where a file has several."""
    from_1904: bool = False
    """How its numbers for days count."""

    @property
    def place(self) -> tuple[str, str]:
        """What stands before and behind a row's number in the name of its place."""
        return f"{self.row_word} ", f" of {self.sheet}" if self.sheet else ""


def text_of(cell: Cell) -> str:
    """Return a cell as text, blanks folded to one."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    return repr(cell).removesuffix(".0") if isinstance(cell, float) else str(cell)
