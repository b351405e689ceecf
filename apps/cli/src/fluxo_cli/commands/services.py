"""`fluxo entries api` and the like: become one process of a service, as containers do."""

import os
import sys
from pathlib import Path

import typer
from fluxo_local.runtime import load_environment

from fluxo_cli.commands.groups import balances_app, entries_app
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_PANEL = "One process, configured by the environment"


@entries_app.command(rich_help_panel=_PANEL)
def api(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Serve the entries API."""
    _become("fluxo_entries", "api", data_dir)


@entries_app.command(rich_help_panel=_PANEL)
def relay(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Carry recorded entries from the database to the stream."""
    _become("fluxo_entries", "relay", data_dir)


@entries_app.command(rich_help_panel=_PANEL)
def migrate(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Bring the entries database to the newest schema, and end."""
    _become("fluxo_entries", "migrate", data_dir)


@balances_app.command("api", rich_help_panel=_PANEL)
def balances_api(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Serve the balances API."""
    _become("fluxo_balances", "api", data_dir)


@balances_app.command(rich_help_panel=_PANEL)
def projector(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Apply entries from the stream to the daily balances."""
    _become("fluxo_balances", "projector", data_dir)


@balances_app.command("migrate", rich_help_panel=_PANEL)
def balances_migrate(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Bring the balances database to the newest schema, and end."""
    _become("fluxo_balances", "migrate", data_dir)


def _become(package: str, role: str, data_dir: Path) -> None:
    """Replace this process, so that signals reach the service itself.

    What the environment leaves out is taken from the system of the data directory, when there is one.
    """
    environment = load_environment(data_dir) | os.environ
    try:
        os.execve(sys.executable, [sys.executable, "-m", package, role], environment)  # noqa: S606
    except OSError as error:
        typer.echo(f"Cannot run {package}: {error}", err=True)
        raise typer.Exit(1) from error
