"""`fluxo day-closes close|reopen|list`: days in which nothing is recorded any more."""

from datetime import date
from typing import Annotated, Any

import typer

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.groups import day_closes_app
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.rendering import day_closes_table, note, show

_PATH = "/v1/day-closes"
_Day = Annotated[date, typer.Argument(parser=parse_date, metavar="DATE", help="YYYY-MM-DD.")]


@day_closes_app.command("close")
def close(
    day: _Day,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Close a day and all before it, and show the balance that it closes with. Who closes is an owner or an accountant.

    Example:
      fluxo day-closes close 2026-11-30
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.post(_PATH, {"date": str(day)}, idempotency_key=None)
    _print(response.text, response.json(), as_json=as_json)


@day_closes_app.command("reopen")
def reopen(
    day: _Day,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the trail.")],
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Reopen the newest closed day; what was closed before it stays closed. Who reopens is an owner.

    Example:
      fluxo day-closes reopen 2026-11-30 --reason "An invoice came late"
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.delete(f"{_PATH}/{day}", reason=reason)
    _print(response.text, response.json(), as_json=as_json)


@day_closes_app.command("list")
def list_(
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """List who closed and reopened which day, when, and with which balance, newest first.

    Example:
      fluxo day-closes list
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.get(_PATH)
    if as_json:
        print(response.text)
        return
    trail = response.json()
    show(day_closes_table(trail["items"]))
    note(_closed(trail))


def _print(text: str, line: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(text)
        return
    show(day_closes_table([line]))
    note(_closed(line))


def _closed(line: dict[str, Any]) -> str:
    closed_through = line["closed_through"]
    return f"Closed up to and with {closed_through}." if closed_through else "No day is closed."
