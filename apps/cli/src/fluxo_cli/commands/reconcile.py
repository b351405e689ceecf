"""`fluxo reconcile`: a bank's statement held against the books."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from fluxo_local.errors import CommandError
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.files.statement_import import BYTES_MAX
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json
from fluxo_cli.output.rendering import counted, money, note, printable, show

_PATH = "/v1/reconciliations"

Answer = Mapping[str, Any]


def reconcile(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")],
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Hold a bank's statement (OFX, CNAB 240, camt.053, MT940, CSV, XLSX) against the books. Nothing is recorded.

    Its opening and closing balances are compared with the books', and each day's lines with its entries. Days that
    differ are named with what explains them: lines without an entry, entries without a line.

    Exit status: 0 all agree, 1 something differs or the file cannot be read.

    Examples:
      fluxo reconcile extrato.ofx

      fluxo reconcile extrato.ofx --json | jq '.days[].date'
    """
    content = file.read_bytes()
    if len(content) > BYTES_MAX:
        raise CommandError(f"{file} is larger than 50 MiB. Take a shorter period.")
    with (
        connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client,
        Console(stderr=True).status("Comparing …"),
    ):
        answer = client.post_file(_PATH, content)
    found = answer.json()
    if as_json:
        print(answer.text)
    else:
        _print(found)
    if not found["agrees"]:
        raise typer.Exit(1)


def _print(found: Answer) -> None:
    currency = found["currency"]
    show(_balances(found))
    for sentence in found["guessed"]:
        note(f"Concluded: {printable(sentence)}")
    for each in found["unreadable"]:
        note(f"{printable(each['place'])} cannot be read: {printable(each['reason'])}")
    if found["days"]:
        show(_days(found["days"], currency))
    what = f"{counted(found['line_count'], 'line')} from {found['from']} to {found['to']} compared"
    if found["agrees"]:
        print(f"The statement and the books agree: {what}.")
        return
    more = "" if found["is_complete"] else "; more differ than are named"
    note(f"They do not agree: {counted(len(found['days']), 'day')} with a difference{more}; {what}.")


def _balances(found: Answer) -> Table:
    table = Table(title=found["format"] or "", box=SIMPLE)
    table.add_column("Balance", no_wrap=True)
    for heading in ("Statement", "Books", "Difference"):
        table.add_column(heading, justify="right", overflow="fold")
    for name in ("opening", "closing"):
        of = found[f"{name}_balance"]
        figures = ("" if of[each] is None else money(of[each], found["currency"]) for each in of)
        table.add_row(name, *figures)
    return table


def _days(days: list[Answer], currency: str) -> Table:
    table = Table(title="Days that differ", box=SIMPLE)
    table.add_column("Date", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Amount", justify="right", overflow="fold")
    table.add_column("Description", overflow="fold")
    for day in days:
        table.add_row(day["date"], "difference", money(day["difference"], currency), "")
        for what, each in (
            *(("only in the statement", line) for line in day["lines_without_entry"]),
            *(("only in the books", entry) for entry in day["entries_without_line"]),
        ):
            where = each.get("place") or each["id"]
            text = Text.assemble(printable(each["description"]), " ", (printable(where), "dim"))
            table.add_row("", what, money(each["amount"], currency), text)
    return table
