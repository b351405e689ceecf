"""`fluxo api-keys create|list|revoke`: what machines show instead of a token."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from fluxo_local.errors import CommandError

from fluxo_cli.api.client_options import BalancesUrl, EntriesUrl, Merchant, Token, connect
from fluxo_cli.commands.groups import api_keys_app
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.rendering import api_keys_table, note, show

_PATH = "/v1/api-keys"
_USES_PATH = "/v1/api-key-uses"


@api_keys_app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="What the merchant calls it; no other key has the name.")],
    scope: Annotated[str, typer.Option("--scope", help="Space-separated: entries:read, entries:write, balances:read.")],
    last_day: Annotated[
        date | None,
        typer.Option(
            "--expires", parser=parse_date, metavar="DATE", help="The last day that it is good for, in UTC. Else none."
        ),
    ] = None,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make an API key and print it, this once. Who makes it is an owner.

    Example:
      fluxo api-keys create --name "till 3" --scope "entries:write entries:read" --expires 2027-12-31
    """
    body = {"name": name, "scopes": scope.split(), "expires_at": _end_of(last_day)}
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.post(_PATH, body, idempotency_key=None)
    if as_json:
        print(response.text)
        return
    created = response.json()
    print(created["key"])
    note(f"It is not shown again. Take it back with `fluxo api-keys revoke {created['id']}`.")


@api_keys_app.command("list")
def list_(
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    balances_url: BalancesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """List the API keys that are not revoked, newest first, with when either service saw them last.

    Example:
      fluxo api-keys list --json
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        items = client.get(_PATH).json()["items"]
    try:
        used = _used_to_read_balances(balances_url, token, merchant, data_dir)
    except CommandError as error:
        used = {}
        note(f"When they were last used to read balances is not known: {error}")
    for item in items:
        # Both services write instants alike.
        item["last_used_at"] = max(filter(None, (item["last_used_at"], used.get(item["id"]))), default=None)
    if as_json:
        print(orjson.dumps({"items": items}).decode())
    else:
        show(api_keys_table(items))


@api_keys_app.command("revoke")
def revoke(
    key_id: Annotated[UUID, typer.Argument(metavar="ID", help="The key's id, as the list shows it.")],
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Take an API key back for good; it is refused some seconds later.

    Example:
      fluxo api-keys revoke 0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        client.delete(f"{_PATH}/{key_id}")
    print("Revoked.")


def _end_of(day: date | None) -> str | None:
    if day is None:
        return None
    # After the last day that there is comes no other.
    return f"{day}T23:59:59Z" if day == date.max else f"{day + timedelta(days=1)}T00:00:00Z"


def _used_to_read_balances(url: str | None, token: str | None, merchant: str | None, data_dir: Path) -> dict[str, Any]:
    with connect("balances", url, token=token, merchant=merchant, data_dir=data_dir) as client:
        return {item["id"]: item["last_used_at"] for item in client.get(_USES_PATH).json()["items"]}
