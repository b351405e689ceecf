"""`fluxo entries import`: entries from a file, each recorded exactly once."""

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from fluxo_contracts.currencies import money_in
from fluxo_local.errors import CommandError

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.groups import entries_app
from fluxo_cli.files import statement_import
from fluxo_cli.files.cells import CellReader
from fluxo_cli.files.entries_file import read_entries
from fluxo_cli.files.importing import Import, Recorded, check, prepare, record
from fluxo_cli.files.own_export import refuse_own_export
from fluxo_cli.files.statement_import import is_statement
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted

_STANDARD_INPUT = Path("-")


class Possible(StrEnum):
    SKIP = "skip"
    RECORD = "record"


@entries_app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV, JSON Lines (.jsonl), - for CSV, or a bank's file."),
    ],
    undated_on: Annotated[
        date | None, typer.Option("--date", parser=parse_date, metavar="DATE", help="The day of rows without a date.")
    ] = None,
    unlinked: Annotated[
        bool, typer.Option("--unlink-reversals", help="Record reversals and their originals as plain entries.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, record nothing.")] = False,
    possible: Annotated[
        Possible | None, typer.Option("--possible", help="What becomes of possible duplicates of a bank's file.")
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Of all entries of a bank's file.")] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Of a bank's file that names none.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="MEANINGS", help="Of a sheet: date=Data,amount=Valor,description=#3."),
    ] = None,
    fees_apart: Annotated[
        bool, typer.Option("--fees-apart", help="Of card sales the gross and the fee, not the net.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Record a bank's file without being asked.")] = False,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Record the entries of a file, each exactly once.

    OFX, CNAB 240, and CSV or XLSX of any columns: the service reads the file,
    tells of each line whether it is new, a duplicate, a possible one or not
    right, and records what is new once you say yes. The same file again adds
    nothing, a longer one of the same days adds what is new. Where nobody is
    asked, --possible says what becomes of possible duplicates.

    Of a sheet it is shown what each column was taken for. Where that is wrong,
    --columns says it, by names or numbers; once that is recorded, it holds for
    every later file with the same header. A report of card sales is recorded
    with its net on the day that it settles, or with --fees-apart the gross and
    the fee as an entry each.

    CSV with columns as the API names them is read here: its first line names
    direction (credit or debit), amount and description; business_date,
    category, currency and idempotency_key may be there. Commas divide the cells, or semicolons: then
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

      fluxo entries import extrato.ofx --possible record

      fluxo entries import vendas.xlsx --columns date=Quando,amount=#3
    """
    content = _content(file)
    if is_statement(file, content):
        if undated_on is not None:
            raise typer.BadParameter("The lines of a bank's file have their days.", param_hint="--date")
        with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
            with progress("Reading", "lines") as report:
                preview = statement_import.send(
                    client,
                    file,
                    content,
                    report,
                    account=account,
                    columns=columns,
                    fees_apart="true" if fees_apart else None,
                )
            _import_statement(client, file, preview, possible, category, yes=yes, dry_run=dry_run, as_json=as_json)
        return
    if columns is not None:
        raise typer.BadParameter("The columns of this file are named as the API names them.", param_hint="--columns")
    name = "standard input" if file == _STANDARD_INPUT else str(file)
    found = read_entries(content, name)
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


def _import_statement(
    client: ServiceClient,
    file: Path,
    answer: statement_import.Answer,
    possible: Possible | None,
    category: str | None,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    is_confirmed = False
    try:
        if not as_json:
            statement_import.show_preview(client, answer)
        wanted = 0 if dry_run else statement_import.to_record(answer, possible)
        if wanted and not yes:
            _ask(wanted)
        elif possible is None and not dry_run:
            _refuse_possible(answer["lines"]["possible_duplicate"]["count"])
        if wanted:
            with progress("Recording", "lines") as report:
                answer = statement_import.record(client, answer, possible or Possible.SKIP, category, report)
            is_confirmed = True
    finally:
        if not is_confirmed:
            statement_import.remove(client, answer)
    print(orjson.dumps(answer).decode() if as_json else f"{file}: {statement_import.outcome(answer)}")
    if answer["lines"]["invalid"]["count"]:
        raise typer.Exit(1)


def _refuse_possible(count: int) -> None:
    if count:
        raise CommandError(
            f"Nothing was recorded: {counted(count, 'line')} may be recorded already. "
            "Say --possible skip or --possible record."
        )


def _ask(wanted: int) -> None:
    if not sys.stdin.isatty():
        raise CommandError("Nothing was recorded: nobody can be asked here. Give --yes to record it.")
    if not typer.confirm(f"Record {counted(wanted, 'entry', 'entries')}?", err=True):
        raise CommandError("Nothing was recorded.")


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
