"""Dead letters for people."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from fluxo_cli.output.rendering import printable


def letters_table(letters: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    table = Table("Letter", "When", "Age", "Tries", "Reason and entry", box=SIMPLE)
    for letter in letters:
        entry = " of ".join(printable(letter[name]) for name in ("entry_id", "merchant_id") if letter[name])
        table.add_row(
            letter["id"],
            _instant(letter["buried_at"]),
            _age(letter["buried_at"], now),
            str(letter["deliveries"] + letter["redrives"]),
            Text(printable(letter["reason"])) + Text(f"\n{entry}" if entry else "", style="dim"),
        )
    return table


def letter_sheet(letter: Mapping[str, Any], now: datetime) -> Table:
    """Return what is known of the letter, in the order in which it happened."""
    redriven_at = f", last {_instant(letter['redriven_at'])}" if letter["redriven_at"] else ""
    buried_at = letter["buried_at"]
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("Letter", letter["id"]),
        ("Entry", letter["entry_id"] or "-"),
        ("Merchant", letter["merchant_id"] or "-"),
        ("Recorded at", letter["recorded_at"] or "-"),
        ("Stream id", letter["stream_id"]),
        ("Deliveries", letter["deliveries"]),
        ("Buried at", f"{_instant(buried_at)} ({_age(buried_at, now)} ago)"),
        ("Redrives", f"{letter['redrives']}{redriven_at}"),
        ("Reason", letter["reason"]),
        ("SHA-256", letter["sha256"]),
    ):
        table.add_row(name, Text(printable(value)))
    return table


def event_text(event: str | None) -> str:
    """Return the event indented when it is JSON, else as it came."""
    if event is None:
        return "There is no event in it."
    try:
        pretty = orjson.dumps(orjson.loads(event), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        pretty = event
    return "\n".join(map(printable, pretty.split("\n")))


def _instant(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _age(buried_at: str, now: datetime) -> str:
    age = now - datetime.fromisoformat(buried_at)
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if age >= unit:
            return f"{age // unit} {name}"
    return "1 min"
