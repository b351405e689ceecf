"""The `fluxo` command: every command it has is listed here."""

import sys

import typer
from fluxo_local.errors import CommandError

from fluxo_cli.commands import balances, balances_export, entries, entries_export, entries_import, services
from fluxo_cli.commands.backup import backup
from fluxo_cli.commands.bench import bench
from fluxo_cli.commands.dead_letters import dead_letters_app
from fluxo_cli.commands.doctor import doctor
from fluxo_cli.commands.groups import balances_app, entries_app
from fluxo_cli.commands.log_level import log_level
from fluxo_cli.commands.rebuild import rebuild
from fluxo_cli.commands.restart import restart
from fluxo_cli.commands.restore import restore
from fluxo_cli.commands.scale import scale
from fluxo_cli.commands.status import status
from fluxo_cli.commands.token import token
from fluxo_cli.commands.up import up
from fluxo_cli.commands.verify import verify

# Importing these modules adds their commands to the groups `entries` and `balances`.
_GROUP_MEMBERS = (entries, entries_import, entries_export, balances, balances_export, services)

app = typer.Typer(
    name="fluxo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Entries in, daily balances out. Start with `fluxo up`, then `fluxo token --merchant my-shop`.",
)
app.command()(up)
app.command()(status)
app.command()(restart)
app.command()(scale)
app.command()(log_level)
app.command()(token)
app.command()(verify)
app.command()(rebuild)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(bench)
app.add_typer(entries_app, name="entries")
app.add_typer(balances_app, name="balances")
app.add_typer(dead_letters_app, name="dead-letters")


def main() -> None:
    try:
        app()
    except CommandError as error:
        typer.echo(f"fluxo: {error}", err=True)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
