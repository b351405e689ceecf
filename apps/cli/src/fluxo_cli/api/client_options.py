"""The options with which a command finds a service and says whose entries it means."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import typer
from fluxo_local.errors import CommandError
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.runtime import load_state

from fluxo_cli.api.client import ServiceClient

_SCOPES: Final = ("entries:read", "entries:write", "balances:read", "api-keys:manage", "days:close", "days:manage")
DEFAULT_MERCHANT: Final = "demo"
_TOKEN_LIFETIME: Final = timedelta(minutes=10)


Token = Annotated[
    str | None,
    typer.Option("--token", envvar="FLUXO_TOKEN", help="Bearer token. Without one, a development token is made."),
]
Merchant = Annotated[
    str | None,
    typer.Option("--merchant", envvar="FLUXO_MERCHANT", help="Whose development token to make. Default: demo."),
]
EntriesUrl = Annotated[
    str | None,
    typer.Option("--entries-url", envvar="FLUXO_ENTRIES_URL", help="Default: the one that `fluxo up` started."),
]
BalancesUrl = Annotated[
    str | None,
    typer.Option("--balances-url", envvar="FLUXO_BALANCES_URL", help="Default: the one that `fluxo up` started."),
]


def connect(
    service: Literal["entries", "balances"],
    url: str | None,
    *,
    token: str | None,
    merchant: str | None,
    data_dir: Path,
) -> ServiceClient:
    """Return a client of the service at `url`, else of the one running on the data directory.

    Raises:
        CommandError: nothing runs there (exit status 3), or no token can be had (2).
    """
    return ServiceClient(service, find_url(service, url, data_dir), find_token(token, merchant, data_dir))


def find_url(service: Literal["entries", "balances"], url: str | None, data_dir: Path) -> str:
    """Return the address given, else that of the service running on the data directory.

    Raises:
        CommandError: nothing runs there (exit status 3).
    """
    if url is None:
        state = load_state(data_dir)
        if state is None or service not in state.urls:
            raise CommandError(
                f"Nothing runs on {data_dir}. Start it with `fluxo up`, or name a running service with "
                f"--{service}-url or FLUXO_{service.upper()}_URL.",
                exit_status=3,
            )
        return state.urls[service]
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise typer.BadParameter(
            f"{url!r} is not an address such as http://127.0.0.1:8001.", param_hint=f"--{service}-url"
        )
    return url


def find_token(token: str | None, merchant: str | None, data_dir: Path) -> str:
    """Return the token given, else one of the data directory's development issuer.

    Raises:
        CommandError: there is neither (exit status 2).
    """
    if token is not None:
        if merchant is not None:
            # Whose money is meant must never be a guess.
            raise typer.BadParameter("A token names its merchant already: give one of --token and --merchant.")
        token = token.strip()
        if not (token.isascii() and token.isprintable() and token):
            raise typer.BadParameter("That is not a token; `fluxo token` makes one.", param_hint="--token")
        return token
    if not (data_dir / "issuer" / "jwks.json").exists():
        raise CommandError(
            f"No token: give --token or FLUXO_TOKEN. ({data_dir} has no development issuer; `fluxo up` makes one.)",
            exit_status=2,
        )
    return DevelopmentIssuer(data_dir).token(
        merchant or DEFAULT_MERCHANT, scopes=_SCOPES, role="owner", subject="fluxo-cli", lifetime=_TOKEN_LIFETIME
    )
