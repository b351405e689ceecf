"""Tables for people. Credit and debit are told apart by sign and word; colour only adds to it."""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Control characters and text-direction overrides could repaint the terminal; a description is anybody's text.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_STYLES: Final = {"credit": "green", "debit": "red"}
_UNLIMITED_WIDTH: Final = 1_000


def printable(value: object) -> str:
    return _UNPRINTABLE.sub("�", str(value))


def show(table: Table) -> None:
    """Print to standard output; into a pipe or file nothing is wrapped or cut."""
    Console(width=None if sys.stdout.isatty() else _UNLIMITED_WIDTH, highlight=False).print(table)


def note(sentence: str) -> None:
    """Print beside the result, on standard error."""
    print(printable(sentence), file=sys.stderr)


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 day" or "1,234 days"; `many` is for a word that does not just get an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def money(amount: str, currency: str) -> Text:
    """Return "1234.56 BRL", red when negative."""
    return Text(f"{amount} {currency}", style=_STYLES["debit"] if amount.startswith("-") else "")


def _signed(sign: str, amount: str, currency: str, style: str) -> Text:
    return Text(f"{sign if amount.strip('0.') else ''}{amount} {currency}", style=style)


def entry_amount(entry: Mapping[str, Any]) -> Text:
    sign = "+" if entry["direction"] == "credit" else "-"
    return _signed(sign, entry["amount"], entry["currency"], _STYLES[entry["direction"]])


def entries_table(entries: Iterable[Mapping[str, Any]]) -> Table:
    """Return one row an entry; its id stands below the description, so that nothing is cut at 80 columns."""
    table = Table(box=SIMPLE)
    for heading in ("Date", "Direction"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Amount", justify="right", overflow="fold")
    table.add_column("Entry", overflow="fold")
    for entry in entries:
        table.add_row(entry["business_date"], entry["direction"], entry_amount(entry), _what(entry))
    return table


def _what(entry: Mapping[str, Any]) -> Text:
    undone = "reversal" if entry["reverses"] else "reversed" if entry["reversed_by"] else None
    about = " · ".join(printable(part) for part in (entry["category"], undone) if part)
    lines = [Text(printable(entry["description"])), Text(about, style="dim"), Text(entry["id"], style="dim")]
    return Text("\n").join(line for line in lines if line)


def entry_sheet(entry: Mapping[str, Any]) -> Table:
    return _sheet(
        ("Entry", entry["id"]),
        ("Date", entry["business_date"]),
        ("Direction", entry["direction"]),
        ("Amount", entry_amount(entry)),
        ("Description", Text(printable(entry["description"]))),
        ("Category", Text(printable(entry["category"] or "-"))),
        ("Reverses", entry["reverses"] or "-"),
        ("Reversed by", entry["reversed_by"] or "-"),
        ("Recorded at", entry["recorded_at"]),
    )


def balance_sheet(balance: Mapping[str, Any]) -> Table:
    """Return one day, or the totals of a range, in the order in which they add up."""
    currency = balance["currency"]
    days = balance.get("date") or f"{balance['from']} to {balance['to']}"
    return _sheet(
        ("Date", days),
        ("Opening balance", money(balance["opening_balance"], currency)),
        ("Credits", _signed("+", balance["total_credits"], currency, _STYLES["credit"])),
        ("Debits", _signed("-", balance["total_debits"], currency, _STYLES["debit"])),
        ("Net", money(balance["net"], currency)),
        ("Closing balance", money(balance["closing_balance"], currency)),
        ("Entries", str(balance["entry_count"])),
        ("As of", balance["as_of"] or "nothing recorded yet"),
    )


def balances_table(balance_range: Mapping[str, Any]) -> Table:
    table = Table(title=f"Daily balances in {balance_range['currency']}", box=SIMPLE, show_footer=True)
    table.add_column("Date", footer="Total", no_wrap=True)
    columns = {
        "opening_balance": "Opening",
        "total_credits": "Credits",
        "total_debits": "Debits",
        "net": "Net",
        "closing_balance": "Closing",
        "entry_count": "Entries",
    }
    for field, heading in columns.items():
        table.add_column(heading, footer=str(balance_range[field]), justify="right", overflow="fold")
    for day in balance_range["items"]:
        table.add_row(day["date"], *(str(day[field]) for field in columns))
    return table


def categories_table(totals: Mapping[str, Any]) -> Table:
    table = Table(title=f"Totals by category in {totals['currency']}", box=SIMPLE, show_footer=True)
    table.add_column("Month", footer="Total", no_wrap=True)
    table.add_column("Category", overflow="fold")
    columns = {"total_credits": "Credits", "total_debits": "Debits", "net": "Net", "entry_count": "Entries"}
    for field, heading in columns.items():
        table.add_column(heading, footer=str(totals[field]), justify="right", overflow="fold")
    for item in totals["items"]:
        category = Text(printable(item["category"])) if item["category"] is not None else Text("-", style="dim")
        table.add_row(item["month"], category, *(str(item[field]) for field in columns))
    return table


def api_keys_table(keys: Iterable[Mapping[str, Any]]) -> Table:
    """Return one row a key; its id stands below the name, so that nothing is cut at 80 columns."""
    table = Table(box=SIMPLE)
    table.add_column("Key", overflow="fold")
    table.add_column("Scopes", overflow="fold")
    for heading in ("Expires", "Last used"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        name = Text("\n").join((Text(printable(key["name"])), Text(key["id"], style="dim")))
        table.add_row(name, "\n".join(key["scopes"]), _minute(key["expires_at"]), _minute(key["last_used_at"]))
    return table


def day_closes_table(lines: Iterable[Mapping[str, Any]]) -> Table:
    """Return one row a line of the trail; why it was reopened stands below what was done."""
    table = Table(box=SIMPLE)
    table.add_column("Date", no_wrap=True)
    table.add_column("Done", overflow="fold")
    table.add_column("By", overflow="fold")
    table.add_column("At", overflow="fold")
    table.add_column("Closing balance", justify="right", overflow="fold")
    for line in lines:
        done = Text("\n").join(
            (Text(line["action"]), *((Text(printable(line["reason"]), style="dim"),) if line["reason"] else ()))
        )
        balance = money(line["closing_balance"], line["currency"])
        table.add_row(line["date"], done, printable(line["by"]), _minute(line["at"]), balance)
    return table


def _minute(instant: str | None) -> str:
    return "-" if instant is None else f"{instant[:10]} {instant[11:16]} UTC"


def _sheet(*rows: tuple[str, str | Text]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table
