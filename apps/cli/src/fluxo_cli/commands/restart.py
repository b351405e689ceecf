import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from fluxo_local.errors import CommandError
from fluxo_local.runtime import ProcessState
from fluxo_local.service_processes import processes, services

from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_READY_WITHIN_S = 60.0
_POLL_S = 0.1


def restart(
    names: Annotated[list[str] | None, typer.Argument(help="Which processes; without a name every service.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Restart services one after another, each only when the one before is ready again.

    Each finishes the requests it has begun. With more than one replica clients notice next to nothing: the balancer
    repeats reads, and writes with their key; a bulk that it was just sending may fail, and is safe to repeat with its
    keys. The page is one process, and away for about a second. Use it after an upgrade. The first
    process that does not come back ends the command, and the others go on as they were.

    Examples:
      fluxo restart

      fluxo restart balances-api-1 balances-projector-1

      fluxo restart dashboard-1
    """
    for process in services(data_dir, names or []):
        _restart(process, data_dir)
        typer.echo(f"{process.name} runs again.")


def _restart(process: ProcessState, data_dir: Path) -> None:
    """End it; the supervisor starts the next one."""
    if process.pid is not None:
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _has_successor(process, data_dir):
        if time.monotonic() > deadline:
            raise CommandError(
                f"{process.name} was not ready again within {_READY_WITHIN_S:g} s: see its log in {data_dir / 'logs'}. "
                "What was not restarted yet goes on as it was."
            )
        time.sleep(_POLL_S)


def _has_successor(process: ProcessState, data_dir: Path) -> bool:
    return any(now.name == process.name and now.pid != process.pid and now.ready for now in processes(data_dir))
