"""SWIFT MT940: several statements and accounts in a file, with or without the envelope {1:…}{4: … -}.

The day is the entry date, where the line has one, else the value date: a bank leaves it out where both are one day.
Balances of pages (:60M:, :62M:) are passed over, for no day begins or ends with them; so is what is available (:64:).
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_statements.amounts import minor_units, plain_amount
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import BalanceKind, Item, Place, StatementBalance, StatementLine, Terms, UnreadableLine
from fluxo_statements.text import encoding, one_line

_BEGINNING: Final = re.compile(rb"(?:^|[\r\n]|\xef\xbb\xbf|\{4:):20:")
_ENVELOPE: Final = re.compile(r"-\}|\{[1-4]:|-\s*$")
_FIELD: Final = re.compile(r":([0-9]{2,3}|NS)([A-Z]?):(.*)", re.ASCII)  # :940: begins a statement at some banks
_BALANCE: Final = re.compile(r"([CD])([0-9]{6})([A-Z]{3})0*([0-9]{1,15},[0-9]*)", re.ASCII)
_LINE: Final = re.compile(
    r"(?P<valued>[0-9]{6})(?P<entered>[0-9]{4}| {4})?(?P<mark>R?[CD])[A-Z]?0*(?P<amount>[0-9]{1,15},[0-9]*)"
    r"(?P<kind>[A-Z][A-Z0-9 ]{3})(?P<reference>.*?)(?://(?P<bank_id>.*))?",
    re.ASCII,
)
_STRUCTURED: Final = re.compile(r"[0-9]{3}([?<>~^])(?=[0-9]{2})", re.ASCII)
_SAID: Final = ("00", "32", "33", *(str(key) for key in range(20, 30)), "60", "61", "62", "63")
"""Of a structured :86: what a person reads: the kind, the other side's name, what it is for."""
_MONEY_OUT: Final = ("D", "RC")
"""RC is a credit that is taken back; RD, a debit that is, brings money in."""
_HALF_A_YEAR: Final = timedelta(days=184)
_FEBRUARY: Final = 2
_LONGEST: Final = 65_536
"""Of a field, in letters; SWIFT allows for less than 400."""
_NO_REFERENCE: Final = ("", "NONREF")


class _Field(NamedTuple):
    place: Place
    tag: str
    """"" after the last field of the file."""
    letter: str
    text: str
    """Its lines as they are."""
    details: list[str]
    """Of the :86: that follow it."""

    def source(self) -> str:
        return "\n".join([f":{self.tag}:{self.text}", *(f":86:{each}" for each in self.details)])


def is_mt940(head: bytes) -> bool:
    return _BEGINNING.search(head) is not None and b":25" in head


def read_mt940(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield each statement's balances and lines; a line of nothing yields nothing.

    Raises:
        UnreadableFileError: it is cut off, is no MT940 after all, or has a balance that can't be read.
    """
    begun: Place | None = None
    account, currency = None, ""
    for field in _with_details(_fields(path)):
        match field.tag:
            case "20" | "":
                if begun is not None:
                    raise UnreadableFileError(
                        f"The statement that begins in {begun.name} has no closing balance (:62F:): "
                        "the file is cut off. Get it from the bank again."
                    )
                begun, account, currency = field.place, None, ""
            case "25":
                account = field.text.split("\n")[0].strip() or None
            case "60" | "62":
                balance = _balance(field, account, terms)
                currency = balance.currency
                if field.letter != "M" and currency == terms.currency:
                    yield balance
                begun = begun if field.tag == "60" else None
            case "61":
                if (item := _line_or_why_not(field, account, currency, terms)) is not None:
                    yield item


def _with_details(fields: Iterator[_Field]) -> Iterator[_Field]:
    held: _Field | None = None
    for field in fields:
        if held is not None and field.tag == "86":
            held.details.append(field.text)
            continue
        if held is not None:
            yield held
        held = field
    if held is not None:
        yield held


def _fields(path: Path) -> Iterator[_Field]:
    begun: tuple[Place, str, str] | None = None
    lines: list[str] = []
    size = 0
    with path.open("rb") as binary:
        code = encoding(binary)
    with path.open(encoding=code, errors="replace") as file:
        for number, raw in enumerate(iter(partial(file.readline, _LONGEST), ""), 1):
            text = raw.strip("\n\ufeff\x01\x03\x1a")
            if around := _ENVELOPE.match(text):
                text = text.partition("{4:")[2]
            found = _FIELD.match(text)
            if begun is not None and (around or found):
                yield _Field(*begun, "\n".join(lines), [])
                begun = None
            if found:
                begun, lines, size = (Place(number, f"line {number}"), found[1], found[2]), [found[3]], len(raw)
            elif begun is not None:
                lines.append(text)
                size += len(raw)
            if size >= _LONGEST:
                raise UnreadableFileError(f"What stands in line {number} is too long for an MT940.")
    if begun is not None:
        yield _Field(*begun, "\n".join(lines), [])
    yield _Field(Place(0, ""), "", "", "", [])


def _balance(field: _Field, account: str | None, terms: Terms) -> StatementBalance:
    first = field.text.split("\n")[0].rstrip()  # banks write lines of their own between statements
    try:
        if (match := _BALANCE.fullmatch(first)) is None:
            raise ValueError("Expected C or D, the day (YYMMDD), the currency, an amount with a comma.")  # noqa: TRY301
        mark, day, currency, amount = match.groups()
        minor = minor_units(plain_amount(amount), terms) if currency == terms.currency else 0
        return StatementBalance(
            field.place,
            BalanceKind.OPENING if field.tag == "60" else BalanceKind.CLOSING,
            _day(int(day[:2]), int(day[2:4]), int(day[4:])),
            -minor if mark == "D" else minor,
            currency,
            account,
        )
    except ValueError as error:
        raise UnreadableFileError(f"In {field.place.name}, {first[:60]!r} is no balance. {error}") from error


def _line_or_why_not(field: _Field, account: str | None, currency: str, terms: Terms) -> Item | None:
    if not currency:
        raise UnreadableFileError(
            f"In {field.place.name} money moves (:61:) before an opening balance (:60F:). "
            "An MT942 is no statement of a day; ask the bank for an MT940."
        )
    try:
        return _line(field, account, currency, terms)
    except ValueError as error:
        return UnreadableLine(field.place, str(error), field.source())


def _line(field: _Field, account: str | None, currency: str, terms: Terms) -> StatementLine | None:
    first, _, supplement = field.text.partition("\n")
    if (match := _LINE.fullmatch(first.rstrip())) is None:
        raise ValueError("Expected the day (YYMMDD), C, D, RC or RD, an amount with a comma, a kind of four signs.")
    if currency != terms.currency:
        raise ValueError(f"It is in {currency}; {terms.currency} was expected.")
    if (amount := minor_units(plain_amount(match["amount"]), terms)) == 0:
        return None
    booked_on, guessed = _booked_on(match["valued"], (match["entered"] or "").strip())
    references = [each.strip() for each in (match["reference"], supplement)]
    described = [_details(each) for each in field.details] or [each for each in references if each != "NONREF"]
    bank_id = (match["bank_id"] or "").strip()
    return StatementLine(
        field.place,
        booked_on,
        -amount if match["mark"] in _MONEY_OUT else amount,
        currency,
        one_line(" ".join(described)),
        bank_id=None if bank_id in _NO_REFERENCE else bank_id,
        account=account,
        kind=match["kind"].strip(),
        guessed=guessed,
        source=field.source(),
    )


def _booked_on(valued: str, entered: str) -> tuple[date, tuple[str, ...]]:
    """Return the day, and what was guessed of it. The entry date's year brings it nearest to the value date."""
    year, month, day = 2000 + int(valued[:2]), int(valued[2:4]), int(valued[4:])
    if month == _FEBRUARY and day in {29, 30}:  # where interest counts months of 30 days
        last = monthrange(year, month)[1]
        value_date, guessed = date(year, month, min(day, last)), day > last
    else:
        value_date, guessed = _day(year, month, day), False
    if not entered:
        return value_date, ("The value date is after the end of February: taken for its last day.",) if guessed else ()
    days = []
    for each in (year - 1, year, year + 1):
        with suppress(ValueError):
            days.append(date(each, int(entered[:2]), int(entered[2:])))
    booked_on = min(days, key=lambda each: abs(each - value_date), default=date.max)
    if abs(booked_on - value_date) > _HALF_A_YEAR:
        raise ValueError(f"Its entry date {entered} (MMDD) is no day.")
    return booked_on, ()


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(2000 + year % 100, month, day)
    except ValueError:
        raise ValueError(f"{year % 100:02}{month:02}{day:02} (YYMMDD) is no day.") from None


def _details(text: str) -> str:
    """Return what a person reads of a :86:. A piece that fills its width goes on in the next; others end a word."""
    free = _joined(text.split("\n"), 65)
    if (match := _STRUCTURED.match(text)) is None:
        return free
    pieces = re.split(re.escape(match[1]) + "(?=[0-9]{2})", text.replace("\n", ""))[1:]
    return _joined([each[2:] for key in _SAID for each in pieces if each.startswith(key)], 27) or free


def _joined(pieces: list[str], width: int) -> str:
    return "".join(each if len(each) == width else f"{each} " for each in pieces)
