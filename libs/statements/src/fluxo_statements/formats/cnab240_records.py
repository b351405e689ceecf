"""The records of a CNAB 240 file: 240 columns each, which are named from 1, as in FEBRABAN's layout."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_statements.amounts import minor_units
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import Place, Terms
from fluxo_statements.text import encoding, one_line

_WIDTH: Final = 240
_SIGNS: Final = {"C": 1, "D": -1}


class Record(NamedTuple):
    place: Place
    text: str

    def columns(self, first: int, last: int) -> str:
        return one_line(self.text[first - 1 : last])

    def day(self) -> date:
        """Return the date in columns 143 to 150, where each record that has money has one.

        Raises:
            ValueError: it is none; the message is a sentence.
        """
        written = self.columns(143, 150)
        if re.fullmatch(r"[0-9]{8}", written, re.ASCII) is not None:
            try:
                return date(int(written[4:]), int(written[2:4]), int(written[:2]))
            except ValueError:
                pass
        raise ValueError(f"{written!r} in columns 143 to 150 is no date; DDMMYYYY was expected.")

    def amount(self, terms: Terms) -> int:
        """Return the amount in columns 151 to 168, hundredths, with the sign that column 169 says, in minor units.

        Raises:
            ValueError: it is none; the message is a sentence.
        """
        digits, sign = self.columns(151, 168), self.columns(169, 169)
        if re.fullmatch(r"[0-9]{1,18}", digits, re.ASCII) is None:
            raise ValueError(f"{digits!r} in columns 151 to 168 is no amount; 18 digits were expected.")
        if int(digits) == 0:
            return 0
        if sign not in _SIGNS:
            raise ValueError(f"{sign!r} in column 169 is neither C nor D.")
        return minor_units(_SIGNS[sign] * Decimal(digits).scaleb(-2), terms)


def records(path: Path) -> Iterator[Record]:
    """Yield the records; one that lost the blanks at its end gets them back.

    Raises:
        UnreadableFileError: a line is too long.
    """
    with path.open("rb") as file:
        code = encoding(file)
    with path.open(encoding=code, errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.removeprefix("\ufeff").rstrip("\r\n\x1a ")
            if len(text) > _WIDTH:
                raise UnreadableFileError(
                    f"Line {number} has {len(text)} columns, and CNAB 240 has {_WIDTH}. Download the file again."
                )
            if text:
                yield Record(Place(number, f"line {number}"), text.ljust(_WIDTH))
