"""`fluxo entries export`: a merchant's entries as a file."""

import sys
from collections.abc import Iterable, Iterator

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.entry_filters import Category, First, Last, OfDirection, Search, chosen
from fluxo_cli.commands.groups import entries_app
from fluxo_cli.files.entries_file import ENTRY_COLUMNS
from fluxo_cli.files.exporting import Records, destination, pages_of_entries, write_csv, write_json_lines
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Force, JsonLines, Output, Raw
from fluxo_cli.output.progress import Report, progress
from fluxo_cli.output.rendering import counted


@entries_app.command("export")
def export(
    first: First = None,
    last: Last = None,
    direction: OfDirection = None,
    category: Category = None,
    search: Search = None,
    output: Output = None,
    force: Force = False,
    as_json: JsonLines = False,
    raw: Raw = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write all entries, or those chosen, as CSV: newest business date first, named by the API's fields.

    Amounts are 1234.56 and dates 2026-11-22, in UTF-8 (RFC 4180). A file is complete or not there.
    `fluxo entries import` reads it for another merchant or another installation. Before a text that a spreadsheet
    would run, such as `=1+1`, stands an apostrophe, which the import takes away again.

    Examples:
      fluxo entries export --from 2026-11-01 --to 2026-11-30 --output november.csv

      fluxo entries export --direction debit --search aluguel --json | head
    """
    query = chosen(first, last, direction, category, search)
    count = 0

    def reported(pages: Iterable[Records], report: Report) -> Iterator[Records]:
        nonlocal count
        for page in pages:
            yield page
            count += len(page)
            report(count, None)

    with (
        connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client,
        progress("Exporting", hidden=output is None and sys.stdout.isatty()) as report,
        destination(output, force=force) as file,
    ):
        pages = reported(pages_of_entries(client, query), report)
        if as_json:
            write_json_lines(file, pages)
        else:
            write_csv(file, ENTRY_COLUMNS, pages, raw=raw)
    if output is not None:
        print(f"{output}: {counted(count, 'entry', 'entries')}.")
