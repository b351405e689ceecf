import webbrowser
from typing import Annotated

import typer
from fluxo_local.errors import CommandError
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.runtime import load_state
from fluxo_local.services import DASHBOARD

from fluxo_cli.api.client_options import DEFAULT_MERCHANT
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir


def open(  # noqa: A001 - the command's name
    *,
    merchant: Annotated[str, typer.Option(help="Whose page it is.")] = DEFAULT_MERCHANT,
    print_only: Annotated[bool, typer.Option("--print", help="Print the link; open no browser.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Open the merchant's page in a browser, signed in by a link that works once, for ten minutes, on this machine.

    The link is printed too, for a browser that cannot be opened from here.

    Examples:
      fluxo open

      fluxo open --merchant padaria --print
    """
    state = load_state(data_dir)
    if state is None:
        raise CommandError(f"Nothing runs on {data_dir}: start it with `fluxo up`.", exit_status=3)
    link = DevelopmentIssuer(data_dir).link(state.urls[DASHBOARD], merchant)
    print(link)
    if not print_only:
        webbrowser.open(link)
