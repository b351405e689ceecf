import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer
from fluxo_local.errors import CommandError
from fluxo_local.runtime import ProcessState
from fluxo_local.service_processes import services

from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_SIGNALS = {"debug": signal.SIGUSR1, "configured": signal.SIGUSR2}


def log_level(
    level: Annotated[
        Literal["debug", "configured"],
        typer.Argument(help="debug: everything there is to say. configured: what FLUXO_LOG_LEVEL says."),
    ],
    names: Annotated[list[str] | None, typer.Argument(help="Which processes; without a name every service.")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Let services say more in their logs, or as much as before, without a restart.

    Each says in one line of its log that it does. It lasts until the other level is asked for or the process ends: one
    that starts again logs as configured. In a container, send the signal yourself: `kill -USR1 1` for debug,
    `kill -USR2 1` for configured.

    Examples:
      fluxo log-level debug balances-projector-1

      fluxo log-level configured
    """
    chosen = services(data_dir, names or [])
    starting = [process.name for process in chosen if not _send(_SIGNALS[level], process)]
    for process in chosen:
        if process.name not in starting:
            typer.echo(f"{process.name} logs {'from debug on' if level == 'debug' else 'as configured'}.")
    if starting:
        raise CommandError(f"{', '.join(starting)} cannot be told yet: try again when `fluxo status` shows it ready.")


def _send(number: signal.Signals, process: ProcessState) -> bool:
    """Whether it was signalled. A process that has just begun and does not know the signal would die of it."""
    if process.pid is None or not _knows(number, process):
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)
        return True
    return False


def _knows(number: signal.Signals, process: ProcessState) -> bool:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:  # no Linux
        return process.ready
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
