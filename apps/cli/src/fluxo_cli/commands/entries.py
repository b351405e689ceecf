"""`fluxo entries add|list|show|reverse`: a merchant's entries from the shell."""

import uuid
from datetime import date
from itertools import chain
from typing import Annotated, Any

import orjson
import typer
from fluxo_contracts.currencies import DECIMALS

from fluxo_cli.api.client_options import EntriesUrl, Merchant, Token, connect
from fluxo_cli.api.money import DECIMALS_DEFAULT, parse_amount
from fluxo_cli.commands.entry_filters import Category, Direction, First, Last, OfDirection, Search, chosen
from fluxo_cli.commands.groups import entries_app
from fluxo_cli.files.exporting import ENTRIES_PAGE_MAX, pages_of_entries
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json, parse_date
from fluxo_cli.output.rendering import entries_table, entry_sheet, note, show

_KEY_LENGTH_MAX = 255


def _amount(text: str, currency: str | None, option: str) -> str:
    try:
        return parse_amount(text, DECIMALS_DEFAULT if currency is None else DECIMALS[currency])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _currency(code: str) -> str:
    if code not in DECIMALS:
        raise typer.BadParameter("It is no currency of ISO 4217, such as BRL.")
    return code


def _key(text: str) -> str:
    if not (text.isascii() and text.isprintable() and 1 <= len(text) <= _KEY_LENGTH_MAX):
        raise typer.BadParameter(f"A key is 1 to {_KEY_LENGTH_MAX} printable ASCII characters.")
    return text


Key = Annotated[
    str | None,
    typer.Option("--key", parser=_key, metavar="KEY", help="Idempotency key: the same key never records twice."),
]


@entries_app.command("add")
def add(
    description: Annotated[str, typer.Argument(metavar="DESCRIPTION", help="What it was.")],
    credit: Annotated[
        str | None, typer.Option("--credit", metavar="AMOUNT", help="Money in: 150.00 or 1.234,56.")
    ] = None,
    debit: Annotated[
        str | None, typer.Option("--debit", metavar="AMOUNT", help="Money out: 150.00 or 1.234,56.")
    ] = None,
    business_date: Annotated[
        date | None,
        typer.Option("--date", parser=parse_date, metavar="DATE", help="Business date. Default: the merchant's today."),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Free text to group by.")] = None,
    currency: Annotated[
        str | None,
        typer.Option(
            "--currency",
            parser=_currency,
            metavar="CODE",
            help="The merchant's, such as KWD: amounts are read with its decimals. Else with two.",
        ),
    ] = None,
    key: Key = None,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Record one entry.

    Examples:
      fluxo entries add --credit 150.00 "Venda balcão" --category vendas

      fluxo entries add --debit 1.234,56 "Aluguel" --date 2026-11-05

      fluxo entries add --credit 1.234 "Sale" --currency KWD
    """
    if (credit is None) == (debit is None):
        raise typer.BadParameter("Give one of --credit and --debit.")
    if credit is not None:
        direction, amount = Direction.CREDIT, _amount(credit, currency, "--credit")
    else:
        direction, amount = Direction.DEBIT, _amount(debit or "", currency, "--debit")
    body = {
        "direction": direction,
        "amount": amount,
        "business_date": business_date.isoformat() if business_date else None,
        "description": description,
        "category": category,
    }
    if currency is not None:
        body["currency"] = currency
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        _print_recorded(client.post("/v1/entries", body, idempotency_key=key or str(uuid.uuid4())), as_json=as_json)


@entries_app.command("list")
def list_(
    first: First = None,
    last: Last = None,
    direction: OfDirection = None,
    category: Category = None,
    search: Search = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=ENTRIES_PAGE_MAX, help="How many at most.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="All of them, however many.")] = False,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """List entries, newest business date first.

    Examples:
      fluxo entries list --from 2026-11-01 --to 2026-11-30 --direction debit

      fluxo entries list --search aluguel --all --json
    """
    query = chosen(first, last, direction, category, search)
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        if everything:
            items, following = list(chain.from_iterable(pages_of_entries(client, query))), None
        else:
            response = client.get("/v1/entries", **query, limit=limit)
            if as_json:
                print(response.text)
                return
            items, following = response.json()["items"], response.json()["next"]
    if as_json:
        print(orjson.dumps({"items": items, "next": following}).decode())
        return
    show(entries_table(items))
    if following is not None:
        note(f"These are the newest {len(items)}; --all shows the rest.")


@entries_app.command("show")
def show_(
    entry_id: Annotated[uuid.UUID, typer.Argument(metavar="ID", help="The entry's id.")],
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show one entry, and what it reverses or is reversed by.

    Example:
      fluxo entries show 0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70
    """
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.get(f"/v1/entries/{entry_id}")
    if as_json:
        print(response.text)
    else:
        show(entry_sheet(response.json()))


@entries_app.command("reverse")
def reverse(
    entry_id: Annotated[uuid.UUID, typer.Argument(metavar="ID", help="The entry to undo.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; becomes the reversal's description.")],
    business_date: Annotated[
        date | None,
        typer.Option("--date", parser=parse_date, metavar="DATE", help="Its date. Default: the original's."),
    ] = None,
    key: Key = None,
    as_json: Json = False,
    entries_url: EntriesUrl = None,
    token: Token = None,
    merchant: Merchant = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Undo an entry by recording its opposite; entries are never changed or deleted.

    Example:
      fluxo entries reverse 0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70 --reason "Valor errado"
    """
    body = {"reason": reason, "business_date": business_date.isoformat() if business_date else None}
    with connect("entries", entries_url, token=token, merchant=merchant, data_dir=data_dir) as client:
        response = client.post(f"/v1/entries/{entry_id}/reversal", body, idempotency_key=key or str(uuid.uuid4()))
        _print_recorded(response, as_json=as_json)


def _print_recorded(response: Any, *, as_json: bool) -> None:
    if as_json:
        print(response.text)
        return
    show(entry_sheet(response.json()))
    if response.headers.get("Idempotent-Replayed") == "true":
        note("That key was used before: this is the entry recorded then, and nothing was added.")
