"""`fluxo verify`: every day and category derived again from the entries and compared with the balances.

With `--chain`, the entries themselves held to the chain that seals them.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer
from fluxo_contracts.currencies import money_in
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fluxo_cli.commands.verify_chain import show_chain
from fluxo_cli.operations.environment import environment_of
from fluxo_cli.operations.reconciliation import Comparison, Difference, Window, compare, compare_categories
from fluxo_cli.operations.totals import consolidated_totals, recorded_totals
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, parse_date
from fluxo_cli.output.rendering import counted, note, printable, show

_BETWEEN_COMPARISONS_S: Final = 0.5
_DAYS_BETWEEN_UPDATES: Final = 1_000
_DATABASES: Final = ("FLUXO_ENTRIES_DATABASE_URL", "FLUXO_BALANCES_DATABASE_URL")
_FIGURES: Final = {
    "credits_minor": "credits",
    "debits_minor": "debits",
    "entry_count": "entries",
    "opening_minor": "opening balance",
    "closing_minor": "closing balance",
}


def verify(
    merchant: Annotated[str | None, typer.Option("--merchant", help="Only this merchant. Default: all.")] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=parse_date, metavar="DATE", help="First day to report.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=parse_date, metavar="DATE", help="Last day to report.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, money in minor units.")] = False,
    chain: Annotated[
        bool, typer.Option("--chain", help="Hold the entries to the chain that seals them, and not to the balances.")
    ] = False,
    seal: Annotated[
        str | None,
        typer.Option("--seal", metavar="HEX", help="With --chain: a seal that was kept, which must be in it."),
    ] = None,
    settle_s: Annotated[
        float, typer.Option("--settle-s", min=0, help="How long a difference may be an event still under way.")
    ] = 10,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Derive every day again from the entries, and each month's categories, and compare them with the balances.

    Both databases are asked, each through its own service's program; nothing is changed. What differs is
    compared again, once at least, until it agrees or --settle-s is over. Entries may come in meanwhile: both sides
    count the same ones. --from and --to choose what is reported: openings still come from everything before,
    and the categories of the first month from all of its days.

    With --chain each entry is hashed again: one that was changed, removed, or inserted past the service is named, and
    so is a block of the chain. --merchant and --json may be given with it.

    Exit status: 0 all agree, 1 some do not (each is named), 3 a side could not be asked.

    Examples:
      fluxo verify

      fluxo verify --chain

      fluxo verify --merchant demo --from 2026-11-01 --to 2026-11-30
    """
    if chain:
        if first or last:
            raise typer.BadParameter("the chain has no days", param_hint="--from, --to")
        show_chain(environment_of(data_dir, _DATABASES[:1]), merchant, seal, as_json=as_json)
        return
    if seal is not None:
        raise typer.BadParameter("goes with --chain", param_hint="--seal")
    environment = environment_of(data_dir, _DATABASES)
    arguments = [f"--merchant={merchant}"] if merchant is not None else []
    arguments += [f"--to={last}"] if last is not None else []
    with Console(stderr=True).status("Comparing days …") as status:
        comparison = reconcile(
            [sys.executable, "-m", "fluxo_entries", "totals", *arguments],
            [sys.executable, "-m", "fluxo_balances", "totals", *arguments],
            environment,
            Window(first, last),
            settle_s=settle_s,
            report=status.update,
        )
    if as_json:
        print(_as_json(comparison))
    else:
        _print(comparison, merchant)
    if not comparison.agrees:
        raise typer.Exit(1)


def reconcile(
    entries_argv: Sequence[str],
    balances_argv: Sequence[str],
    environment: Mapping[str, str],
    window: Window,
    *,
    settle_s: float,
    report: Callable[[str], object] = lambda _: None,
) -> Comparison:
    """Compare until both sides agree or `settle_s` is over, twice at least, and return what stays.

    Each time both sides count the same entries: all that were recorded before the first time, and of the later ones
    those that are part of the balances by then. So a difference is an entry from before that is still under way, or one
    that is missing.

    Raises:
        SideUnavailableError: one of the two processes failed.
    """

    def once() -> Comparison:
        days = 0

        def count() -> None:
            nonlocal days
            days += 1
            if days % _DAYS_BETWEEN_UPDATES == 0:
                report(f"{days:,} days compared …")

        with ExitStack() as processes:
            balances = consolidated_totals([*balances_argv, f"--cut-off={began.isoformat()}"], environment)
            cut_off, consolidated = processes.enter_context(balances)
            entries = recorded_totals([*entries_argv, "--cut-off"], environment, cut_off)
            recorded = processes.enter_context(entries)
            comparison = compare(recorded.days, consolidated.days, window, count)
            if comparison.complete:
                compare_categories(comparison, recorded.categories, consolidated.categories, window)
            return comparison

    began, deadline = datetime.now(UTC), time.monotonic() + settle_s
    comparison, is_first = once(), True
    while not comparison.agrees and (is_first or time.monotonic() < deadline):
        report(f"{_differing(comparison)} differ; comparing again …")
        time.sleep(_BETWEEN_COMPARISONS_S)
        comparison, is_first = once().still_wrong_after(comparison), False
    return comparison


def _as_json(comparison: Comparison) -> str:
    differences = [
        {"merchant_id": key[0], "date": str(key[1]), "moving": key in comparison.moving, **asdict(difference)}
        for key, of_day in comparison.wrong.items()
        for difference in of_day
    ]
    categories = [
        {
            "merchant_id": merchant_id,
            "month": f"{month:%Y-%m}",
            "category": category or None,
            **asdict(difference),
        }
        for (merchant_id, month, category), of_month in comparison.wrong_categories.items()
        for difference in of_month
    ]
    # Sums have no bound, and orjson's integers do.
    return json.dumps(
        {
            "agree": comparison.agrees,
            "complete": comparison.complete,
            "merchants": comparison.merchants,
            "days": comparison.days,
            "differences": differences,
            "category_differences": categories,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _print(comparison: Comparison, merchant: str | None) -> None:
    compared = f"{counted(comparison.days, 'day')} of {counted(comparison.merchants, 'merchant')} compared"
    if comparison.agrees:
        print(f"Entries and balances agree: {compared}." if comparison.days else _nothing_of(merchant))
        return
    if comparison.wrong:
        _show_differences("Date", ((of[0], str(of[1]), of_day) for of, of_day in comparison.wrong.items()), comparison)
    if comparison.wrong_categories:
        rows = (
            (merchant_id, f"{month:%Y-%m} {category or '(no category)'}", of_month)
            for (merchant_id, month, category), of_month in comparison.wrong_categories.items()
        )
        _show_differences("Month and category", rows, comparison)
    note(f"Do not agree: {_differing(comparison)}; {compared}.")
    note(
        "`fluxo verify --chain` says first whether somebody changed the entries; when nobody did, `fluxo rebuild` "
        "makes the balances anew from them."
    )
    if comparison.wrong_categories:
        note(
            "`fluxo rebuild` makes the totals by category anew; entries from before this release have none until then."
        )
    if comparison.moving:
        note(
            f"{counted(len(comparison.moving), 'day')} of these received entries meanwhile: if the balances are "
            "only late, a longer --settle-s waits for them."
        )
    if not comparison.complete:
        note("The comparison ended there: more days may differ.")


def _nothing_of(merchant: str | None) -> str:
    whose = "" if merchant is None else f": nothing is recorded of merchant {printable(merchant)} in that time"
    return f"There is no day to compare{whose}."


def _show_differences(of: str, rows: Iterable[tuple[str, str, Sequence[Difference]]], comparison: Comparison) -> None:
    table = Table("Merchant", of, "Figure", box=SIMPLE)
    table.add_column("From the entries", justify="right", overflow="fold")
    table.add_column("In the balances", justify="right", overflow="fold")
    for merchant_id, what, differences in rows:
        money = money_in(comparison.currencies[merchant_id])
        for d in differences:
            write = str if d.figure == "entry_count" else money
            figures = write(d.expected), write(d.found)
            table.add_row(Text(printable(merchant_id)), Text(printable(what)), _FIGURES[d.figure], *figures)
    show(table)


def _differing(comparison: Comparison) -> str:
    days = [counted(len(comparison.wrong), "day")] if comparison.wrong or not comparison.wrong_categories else []
    categories = len(comparison.wrong_categories)
    return " and ".join(
        [*days, *([counted(categories, "month of a category", "months of categories")] * bool(categories))]
    )
