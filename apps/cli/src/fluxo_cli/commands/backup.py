from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from fluxo_local.embedded.offline_servers import offline_servers
from fluxo_local.errors import CommandError
from fluxo_local.process_environment import SEALS_KEY
from fluxo_local.runtime import is_supervised, load_environment
from fluxo_local.services import SERVICES
from fluxo_local.settings import Settings
from rich.console import Console

from fluxo_cli.operations.backup import back_up
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.output.rendering import note


def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write it; must not exist yet.", dir_okay=False)
    ],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write both databases into one file, while the system runs or when it is stopped.

    Restored, they fit each other: what the balances had not applied yet is applied after the next `fluxo up`.
    The file is complete or not there, and signed with the installation's key. Keep it where others cannot read it: all
    entries are in it.

    Example:
      fluxo backup /backups/fluxo-$(date +%F).tar
    """
    with Console(stderr=True).status("Backing up …") as status, _databases(data_dir) as environment:
        back_up(file, environment, status.update)
        is_signed = SEALS_KEY in environment
    print(f"{file}: {file.stat().st_size / 1e6:,.1f} MB. Put it back with `fluxo restore {file}`.")
    if not is_signed:
        note("It is not signed, as FLUXO_SEALS_KEY is not set: a restore will ask for --trust-file.")


@contextmanager
def _databases(data_dir: Path) -> Iterator[dict[str, str]]:
    """Yield an environment in which both databases answer, of a system that runs or that does not."""
    settings = Settings()
    key = {SEALS_KEY: settings.seals_key} if settings.seals_key else {}
    if is_supervised(data_dir):
        yield load_environment(data_dir) | key
    elif settings.has_all_databases():
        given = {service.database_variable: settings.database_url(service) for service in SERVICES}
        given |= {service.migration_variable: settings.migration_url(service) for service in SERVICES}
        given |= {service.api_variable: settings.api_url(service) for service in SERVICES}
        yield {variable: value for variable, value in given.items() if value} | key
    elif (data_dir / "postgres").exists():
        with offline_servers(data_dir) as environment:
            yield environment | key
    else:
        raise CommandError(f"There is nothing to back up on {data_dir}.", exit_status=3)
