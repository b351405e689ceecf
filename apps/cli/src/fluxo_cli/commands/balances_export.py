"""`fluxo balances export`: a merchant's days as a file."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fluxo_cli.api.client_options import BalancesUrl, Merchant, Token, connect
from fluxo_cli.commands.balances import FirstDay, LastDay, warn_when_stale
from fluxo_cli.commands.groups import balances_app
from fluxo_cli.files.exporting import DAY_COLUMNS, Records, destination, ranges_of_days, write_csv, write_json_lines
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Force, JsonLines, Output
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted


@balances_app.command("export")
def export(
    first: FirstDay,
    last: LastDay,
    output: Output = None,
    force: Force = False,
    as_json: JsonLines = False,
    balances_url: BalancesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write every day of a range as CSV, however long it is, named by the API's fields.

    Days without entries are there too: they carry the balance. Amounts are 1234.56, in UTF-8 (RFC 4180).
    A file is complete or not there.

    Example:
      fluxo balances export --from 2026-01-01 --to 2026-12-31 --output 2026.csv
    """
    days = (last - first).days + 1
    with (
        connect("balances", balances_url, token=token, merchant=merchant, data_dir=data_dir) as client,
        progress("Exporting", "days", hidden=output is None and sys.stdout.isatty()) as report,
        destination(output, force=force) as file,
    ):

        def pages(ranges: Iterable[Mapping[str, Any]]) -> Iterator[Records]:
            done = 0
            for each in ranges:
                warn_when_stale(each)
                yield each["items"]
                done += len(each["items"])
                report(done, days)

        if as_json:
            write_json_lines(file, pages(ranges_of_days(client, first, last)))
        else:
            write_csv(file, DAY_COLUMNS, pages(ranges_of_days(client, first, last)))
    if output is not None:
        print(f"{output}: {counted(days, 'day')}.")
