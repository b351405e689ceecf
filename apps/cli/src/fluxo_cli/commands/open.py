import webbrowser
from typing import Annotated

import typer
from fluxo_local.errors import CommandError
from fluxo_local.runtime import is_supervised, load_environment

from fluxo_cli.api.client_options import DEFAULT_MERCHANT
from fluxo_cli.operations.page_address import page_address
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir


def open(  # noqa: A001 - the command's name
    *,
    merchant: Annotated[str, typer.Option(help="Whose page it is.")] = DEFAULT_MERCHANT,
    print_only: Annotated[bool, typer.Option("--print", help="Print the link; open no browser.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Open the merchant's page in a browser, signed in by a link that works once, for ten minutes, on this machine.

    The link is printed too, for a browser that cannot be opened from here. With an identity provider of your own it is
    the page's address, and you sign in there.

    Examples:
      fluxo open

      fluxo open --merchant padaria --print
    """
    if not is_supervised(data_dir):
        raise CommandError(f"Nothing runs on {data_dir}: start it with `fluxo up`.", exit_status=3)
    address = page_address(data_dir, load_environment(data_dir), merchant)
    print(address)
    if not print_only:
        webbrowser.open(address)
