"""`fluxo cash-book`: a merchant's cash book (livro caixa) as a file."""

import re
from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from fluxo_local.errors import CommandError

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.files.exporting import destination
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Force, parse_date

_FORMS = (".csv", ".pdf", ".xlsx")


def _month(text: str) -> date:
    """Return its first day."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text) is None:
        raise typer.BadParameter(f"{text!r} is not a month such as 2026-11.")
    return parse_date(f"{text}-01")


def cash_book(
    output: Annotated[
        Path,
        typer.Option("--output", metavar="FILE", help="Where to write it: .pdf, .xlsx or .csv.", dir_okay=False),
    ],
    month: Annotated[
        date | None, typer.Option("--month", parser=_month, metavar="YYYY-MM", help="All days of a month.")
    ] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_date, metavar="DATE", help="First business date.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=parse_date, metavar="DATE", help="Last business date.")
    ] = None,
    locale: Annotated[
        Literal["pt-BR"] | None,
        typer.Option("--locale", help="Whose spreadsheet a .csv is for; without it, it is for programs."),
    ] = None,
    force: Force = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write the cash book of a month or of any days: each entry with the balance after it, and each day's totals.

    Examples:
      fluxo cash-book --month 2026-11 --output livro.pdf

      fluxo cash-book --from 2026-01-01 --to 2026-12-31 --output 2026.xlsx

      fluxo cash-book --month 2026-11 --locale pt-BR --output livro.csv
    """
    if (month is None) == (first is None or last is None) or (month and (first or last)):
        raise CommandError("Give --month, or --from and --to.", exit_status=2)
    if output.suffix.lower() not in _FORMS:
        raise CommandError(f"A cash book is a file that ends in {', '.join(_FORMS)}.", exit_status=2)
    if locale is not None and output.suffix.lower() != ".csv":
        raise CommandError("--locale is for a file that ends in .csv.", exit_status=2)
    if month is not None:
        first, last = month, month.replace(day=monthrange(month.year, month.month)[1])
    form = output.suffix.lower().removeprefix(".")
    with (
        connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client,
        destination(output, force=force) as file,
    ):
        query = {"from": str(first), "to": str(last), "format": form} | ({"locale": locale} if locale else {})
        client.download("/v1/cash-book", file, **query)
    print(f"{output}: {first} to {last}.")
