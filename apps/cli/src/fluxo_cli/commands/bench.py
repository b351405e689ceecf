"""`fluxo bench`: what a running deployment answers at a given rate."""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import orjson
import typer
from fluxo_local.errors import CommandError
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.api.client_options import BalancesUrl, EntriesUrl, Merchant, Token, find_token, find_url
from fluxo_cli.load.ledger_requests import day_reads, trial_entries
from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import open_loop, run_precisely, with_ticks
from fluxo_cli.load.pool import Pool
from fluxo_cli.load.target import Target
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json
from fluxo_cli.output.rendering import note, show

_TICK_S = 0.5
_LATE_MS = 2.0
_SOME_FAILED = 1


def bench(
    *,
    url: Annotated[
        str | None, typer.Option("--url", help="One address for both services, such as that of an ingress.")
    ] = None,
    entries_url: EntriesUrl = None,
    balances_url: BalancesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    read_rate: Annotated[float, typer.Option(min=0, max=20_000, help="Reads of a day's balance, a second.")] = 50,
    write_rate: Annotated[float, typer.Option(min=0, max=20_000, help="Entries recorded, a second.")] = 0,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="How long.")] = 30,
    connections: Annotated[int, typer.Option(min=1, max=400, help="At most so many, to each service.")] = 32,
    yes: Annotated[bool, typer.Option("--yes", help="Record entries without asking.")] = False,
    as_json: Json = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Measure a running deployment: reads, and writes if you ask for them, at a constant rate.

    Latency counts from the instant a request was due, so that a stall counts for all it held up. Every second read is
    of today, the others of any day of the last year. Nothing is tried again.

    With --write-rate it records entries, which stay for ever: 0.01 in and 0.01 out by turns, in the category
    "fluxo-bench", of the merchant that the token names. Use a merchant made for it.

    Exit status: 0 every request succeeded, 1 some did not, 2 bad usage, 3 no service answers.

    Examples:
      fluxo bench

      fluxo bench --read-rate 500 --write-rate 50 --seconds 60 --merchant load-test

      fluxo bench --url https://fluxo.example --token "$TOKEN" --read-rate 200 --json
    """
    if read_rate == 0 and write_rate == 0:
        raise typer.BadParameter("There is nothing to do: give --read-rate or --write-rate more than 0.")
    bearer = find_token(token, merchant, data_dir)
    balances = find_url("balances", url or balances_url, data_dir)
    _check("balances", balances, bearer)
    entries = ""
    if write_rate:
        entries = find_url("entries", url or entries_url, data_dir)
        _ask(round(write_rate * seconds), entries, yes=yes)
    reads, writes = run_precisely(
        _measure(balances, entries, bearer, (read_rate, write_rate), seconds=seconds, connections=connections)
    )
    found = {name: measured for name, measured in (("reads", reads), ("writes", writes)) if measured.requests}
    if as_json:
        document = {"seconds": seconds} | {name: _document(measured) for name, measured in found.items()}
        print(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
    else:
        show(_table(found))
        _tell_errors(found)
        _tell_lateness(found)
    if any(measured.errors for measured in found.values()):
        raise typer.Exit(_SOME_FAILED)


def _check(service: str, url: str, token: str) -> None:
    """Ask once, so that a wrong address or token is said in words and not a thousand times."""
    with ServiceClient(service, url, token) as client:
        client.get(f"/v1/daily-balances/{_today()}")


def _ask(entries: int, url: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("This would record entries: give --yes when nobody can be asked.", exit_status=2)
    sentence = f"Record {entries:,} test entries at {url} for the token's merchant? They can't be deleted."
    typer.confirm(sentence, abort=True, err=True)


async def _measure(
    balances: str, entries: str, token: str, rates: tuple[float, float], *, seconds: float, connections: int
) -> tuple[Measured, Measured]:
    columns = (TextColumn("Measuring"), BarColumn(), TextColumn("{task.completed:.0f} of {task.total:.0f} s"))
    # No thread of its own: it would disturb what is measured. A reader of a pipe wants the outcome.
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        disable=not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task("", total=seconds)
        both = asyncio.gather(
            _at_rate(Target.of(balances), token, rates[0], seconds, connections, is_write=False),
            _at_rate(Target.of(entries or balances), token, rates[1], seconds, connections, is_write=True),
        )
        return await with_ticks(
            both, lambda elapsed: progress.update(task, completed=min(elapsed, seconds), refresh=True), _TICK_S
        )


async def _at_rate(
    target: Target, token: str, rate_per_s: float, seconds: float, connections: int, *, is_write: bool
) -> Measured:
    if round(rate_per_s * seconds) == 0:
        return Measured()
    requests = trial_entries(target, token) if is_write else day_reads(target, token, _today())
    async with Pool(target, connections) as pool:
        return await open_loop(pool, requests, rate_per_s, seconds)


def _today() -> date:
    """Return yesterday in UTC: a day that has begun everywhere."""
    return datetime.now(UTC).date() - timedelta(days=1)


def _document(measured: Measured) -> dict[str, object]:
    p50, p95, p99 = measured.percentiles_ms(50, 95, 99)
    return {
        "requests": measured.requests,
        "good_per_s": round(measured.good_per_s, 1),
        "p50_ms": round(p50, 3),
        "p95_ms": round(p95, 3),
        "p99_ms": round(p99, 3),
        "errors": measured.errors,
        "statuses": dict(measured.statuses),
        "cache_hits": measured.cache_hits,
        "driver_late_p99_ms": round(measured.late_p99_ms, 3),
    }


def _table(found: dict[str, Measured]) -> Table:
    table = Table(box=SIMPLE)
    table.add_column("")
    for heading in ("requests", "a second", "p50", "p95", "p99", "errors"):
        table.add_column(heading, justify="right")
    for name, measured in found.items():
        percentiles = (f"{value:,.2f} ms" for value in measured.percentiles_ms(50, 95, 99))
        table.add_row(
            name, f"{measured.requests:,}", f"{measured.good_per_s:,.0f}", *percentiles, f"{measured.errors:,}"
        )
    return table


def _tell_errors(found: dict[str, Measured]) -> None:
    for name, measured in found.items():
        for status, count in sorted(measured.bad_statuses().items()):
            note(f"{count:,} {name} got {f'status {status}' if status else 'no answer'}.")


def _tell_lateness(found: dict[str, Measured]) -> None:
    late_ms = max(measured.late_p99_ms for measured in found.values())
    if late_ms > _LATE_MS:
        note(
            f"One request in a hundred left {late_ms:.1f} ms late or more, because this program had no time for it: "
            "lower the rate, or run it on another machine than the services."
        )
