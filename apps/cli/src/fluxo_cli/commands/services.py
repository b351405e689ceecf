"""`fluxo entries api` and the like: become one process of a service, as containers do."""

import os
from collections.abc import Sequence
from pathlib import Path

import typer
from fluxo_local.runtime import load_environment
from fluxo_local.services import SERVICES, Service

from fluxo_cli.commands.groups import GROUPS
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_PANEL = "One process, configured by the environment"


def _add_command(service: Service, role: str, does: str) -> None:
    @GROUPS[service.name].command(role, help=does, rich_help_panel=_PANEL)
    def command(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
        become(f"{service.name} service", service.command(role), data_dir)


def become(what: str, argv: Sequence[str], data_dir: Path) -> None:
    """Replace this process, so that signals reach the service itself.

    What the environment leaves out is taken from the system of the data directory, when there is one.
    """
    environment = load_environment(data_dir) | os.environ
    try:
        os.execve(argv[0], list(argv), environment)  # noqa: S606
    except OSError as error:
        typer.echo(f"Cannot run the {what}: {error}", err=True)
        raise typer.Exit(1) from error


for _service in SERVICES:
    for _role, _does in _service.roles.items():
        _add_command(_service, _role, _does)
    _add_command(_service, "migrate", f"Bring the {_service.name} database to the newest schema, and end.")
