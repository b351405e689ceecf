"""`fluxo entries import`: entries from a file, each recorded exactly once."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import orjson
import typer
from fluxo_contracts.currencies import money_in
from fluxo_local.errors import CommandError

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.groups import entries_app
from fluxo_cli.files.cells import CellReader
from fluxo_cli.files.entries_file import read_entries
from fluxo_cli.files.importing import Import, Recorded, check, prepare, record
from fluxo_cli.files.own_export import refuse_own_export
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted

_STANDARD_INPUT = Path("-")


@entries_app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, or JSON Lines if its name ends in .jsonl; - reads CSV.")
    ],
    undated_on: Annotated[
        date | None, typer.Option("--date", parser=parse_date, metavar="DATE", help="The day of rows without a date.")
    ] = None,
    unlinked: Annotated[
        bool, typer.Option("--unlink-reversals", help="Record reversals and their originals as plain entries.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, record nothing.")] = False,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Record the entries of a CSV file, each exactly once.

    The first line names the columns. direction (credit or debit), amount and
    description are needed; business_date, category, currency and
    idempotency_key may be there. Commas divide the cells, or semicolons: then
    a date may also be 22/11/2026. Amounts are 1234.56, 1234,56 or 1.234,56.
    Rows without a business_date need --date.

    All of it is checked first: whatever is wrong is named by its line (beyond
    twenty things, in a file), and nothing is recorded. Then 10,000 entries at a time are recorded, all of
    them or none.

    Interrupted? Give the same command again, within 31 days: nothing is
    recorded twice. The same entries in the same order are the same import;
    a file that was changed is another one.

    An export of another merchant can be imported: its ids and times are passed
    over, and with --unlink-reversals its reversals become plain entries. An
    export of the same merchant is refused: its entries are recorded.

    Exit status: 0 all is recorded, 1 something is refused (the reason is said),
    2 wrong usage, 3 no answer.

    Examples (the first two lines show a file):
      direction;amount;business_date;description

      credit;1.234,56;20/11/2026;Venda balcão

      fluxo entries import sales.csv --dry-run

      fluxo entries import sales.csv
    """
    name = "standard input" if file == _STANDARD_INPUT else str(file)
    found = read_entries(_content(file), name)
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        currency = client.get("/v1/merchant").json()["currency"]
        reader = CellReader(currency, found.day_first, undated_on, unlinked)
        with progress("Checking") as report:
            prepared = prepare(found.rows, reader, report)
            check(client, prepared, report)
        refuse_own_export(client, prepared.line_of_id)
        recorded = None
        if not dry_run:
            with progress("Recording") as report:
                recorded = record(client, prepared, report)
    if as_json:
        print(_as_json(prepared, recorded, currency).decode())
    else:
        print(f"{name}: {_summary(prepared, recorded, currency)}")


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == _STANDARD_INPUT else file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _summary(prepared: Import, recorded: Recorded | None, currency: str) -> str:
    entries = counted(len(prepared.items), "entry", "entries")
    if prepared.items:
        money = money_in(currency)
        entries += (
            f" of {min(prepared.days)} to {max(prepared.days)}, {money(prepared.credits_minor)} {currency} in "
            f"and {money(prepared.debits_minor)} {currency} out"
        )
    if recorded is None:
        return f"{entries}. Nothing is wrong with them; nothing was recorded."
    if recorded.new is None:
        return f"{entries}. All are recorded, none twice; the service does not tell which were before."
    return f"{entries}. All are recorded: {recorded.new:,} now, {recorded.replayed:,} by an earlier request."


def _as_json(prepared: Import, recorded: Recorded | None, currency: str) -> bytes:
    return orjson.dumps(
        {
            "entries": len(prepared.items),
            "new": 0 if recorded is None else recorded.new,
            "replayed": 0 if recorded is None else recorded.replayed,
            "dry_run": recorded is None,
            "currency": currency,
            "total_credits": money_in(currency)(prepared.credits_minor),
            "total_debits": money_in(currency)(prepared.debits_minor),
            "from": min(prepared.days, default=None),
            "to": max(prepared.days, default=None),
        }
    )
