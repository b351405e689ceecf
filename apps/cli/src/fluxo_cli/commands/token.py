import re
from datetime import timedelta
from typing import Annotated, Literal

import typer
from fluxo_local.issuer import DevelopmentIssuer

from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_READ = ("entries:read", "balances:read")
_SCOPES = {
    "owner": (*_READ, "entries:write", "api-keys:manage", "days:close", "days:manage"),
    "operator": (*_READ, "entries:write"),
    "accountant": (*_READ, "days:close"),
}
_LIFETIME_MAX = timedelta(days=7)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _lifetime(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if found is None:
        raise typer.BadParameter("write a number and a unit, such as 30m, 12h or 7d")
    lifetime = timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
    if lifetime > _LIFETIME_MAX:
        raise typer.BadParameter("the services take no token that is valid for longer than 7d")
    return lifetime


def _merchant(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", text) is None:
        raise typer.BadParameter("a merchant has 1 to 64 letters, digits, dots, colons, dashes and underscores")
    return text


def token(
    *,
    merchant: Annotated[
        str, typer.Option(parser=_merchant, metavar="TEXT", help="The merchant whose entries and balances it opens.")
    ],
    scope: Annotated[
        str | None, typer.Option(help="Space-separated scopes. Default: all that the role may use.")
    ] = None,
    role: Annotated[
        Literal["owner", "operator", "accountant"],
        typer.Option(help="An accountant reads and closes days; an owner manages API keys and reopens days."),
    ] = "owner",
    subject: Annotated[str, typer.Option(help="Who acts: the token's `sub`.")] = "developer",
    ttl: Annotated[
        timedelta, typer.Option(parser=_lifetime, metavar="TIME", help="How long it is valid: 30m, 12h, 7d.")
    ] = "12h",  # type: ignore[assignment]  # Typer runs the default through the parser
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print a signed token of the development issuer. Production refuses these.

    Examples:
      fluxo token --merchant padaria

      fluxo token --merchant padaria --role accountant --ttl 30m

      curl -H "Authorization: Bearer $(fluxo token --merchant padaria)" http://127.0.0.1:8001/v1/entries
    """
    granted = scope.split() if scope is not None else _SCOPES[role]
    print(DevelopmentIssuer(data_dir).token(merchant, scopes=granted, role=role, subject=subject, lifetime=ttl))
