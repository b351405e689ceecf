"""`fluxo balances show|range|categories`: a merchant's balances from the shell."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from fluxo_local.errors import CommandError
from rich.table import Table

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.api.client_options import BalancesUrl, EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.groups import balances_app
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.rendering import balance_sheet, balances_table, categories_table, note, show

_DEFAULT_TIME_ZONE: Final = "America/Sao_Paulo"

FirstDay = Annotated[date, typer.Option("--from", parser=parse_date, metavar="DATE", help="First day.")]
LastDay = Annotated[date, typer.Option("--to", parser=parse_date, metavar="DATE", help="Last day.")]
AfterEntry = Annotated[
    uuid.UUID | None,
    typer.Option("--after-entry", metavar="ID", help="Wait until this entry is part of the balance."),
]


@balances_app.command("show")
def show_(
    day: Annotated[
        date | None, typer.Argument(parser=parse_date, metavar="DATE", help="Default: the merchant's today.")
    ] = None,
    after_entry: AfterEntry = None,
    as_json: Json = False,
    balances_url: BalancesUrl = None,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show what one day opened with, what came in and went out, and what it closed with.

    Examples:
      fluxo balances show

      fluxo balances show 2026-11-22 --after-entry 0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70
    """
    with connect("balances", balances_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        day = day or _today(entries_url, token=token, merchant=merchant, data_dir=data_dir)
        _answer(client, f"/v1/daily-balances/{day}", balance_sheet, as_json=as_json, after_entry=after_entry)


@balances_app.command("range")
def range_(
    first: FirstDay,
    last: LastDay,
    after_entry: AfterEntry = None,
    as_json: Json = False,
    balances_url: BalancesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show every day of a range and its totals; at most 3,660 days.

    Example:
      fluxo balances range --from 2026-11-01 --to 2026-11-30
    """
    days = {"from": str(first), "to": str(last)}
    with connect("balances", balances_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        _answer(client, "/v1/daily-balances", balances_table, as_json=as_json, after_entry=after_entry, **days)


@balances_app.command("categories")
def categories_(
    first: FirstDay,
    last: LastDay,
    after_entry: AfterEntry = None,
    as_json: Json = False,
    balances_url: BalancesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show where the money of a range went, by month and category; at most 3,660 days.

    Example:
      fluxo balances categories --from 2026-11-01 --to 2026-11-30
    """
    days = {"from": str(first), "to": str(last)}
    with connect("balances", balances_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        _answer(client, "/v1/category-totals", categories_table, as_json=as_json, after_entry=after_entry, **days)


def _answer(
    client: ServiceClient,
    path: str,
    view: Callable[[Mapping[str, Any]], Table],
    *,
    as_json: bool,
    after_entry: uuid.UUID | None,
    **query: str,
) -> None:
    """Ask, and show the answer as it came or for people."""
    response = client.get(path, **query, after_entry=str(after_entry) if after_entry else None)
    if as_json:
        print(response.text)
        return
    show(view(response.json()))
    warn_when_stale(response.json())


def _today(entries_url: str | None, **who: Any) -> date:
    """Return the merchant's calendar day; the entries service knows its time zone, and its absence stops no balance."""
    try:
        with connect("entries", entries_url, **who) as client:
            time_zone = client.get("/v1/merchant").json()["time_zone"]
    except CommandError:
        time_zone = _DEFAULT_TIME_ZONE
        note(f"The entries service did not tell the merchant's time zone; today is that of {time_zone}.")
    return datetime.now(UTC).astimezone(ZoneInfo(time_zone)).date()


def warn_when_stale(balance: Mapping[str, Any]) -> None:
    if balance.get("stale"):
        note(f"Stale: the database is away, and this is how it stood at {balance['as_of']}.")
