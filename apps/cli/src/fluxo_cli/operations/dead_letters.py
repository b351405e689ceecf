"""Asks the balances service's `dead-letters` process, which answers one JSON object a line."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Literal

import orjson
from fluxo_local.errors import CommandError

_LAST_LINES: Final = 5
_LOG: Final = "balances-dead-letters.log"


def ask_dead_letters(
    action: Literal["show", "redrive", "discard"],
    letter_ids: Sequence[str] | None,
    environment: Mapping[str, str],
    logs: Path,
) -> Iterator[dict[str, Any]]:
    """Yield the answers as they come; `letter_ids` None stands for all letters.

    What the process logs is added to its log below `logs`, where there is such a folder.

    Raises:
        CommandError: a server is unavailable, or the process failed.
    """
    wanted = ["--all"] if letter_ids is None else ["--", *letter_ids]
    argv = [sys.executable, "-m", "fluxo_balances", "dead-letters", action, *wanted]
    with tempfile.TemporaryFile() as log:
        try:
            with subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=dict(environment)
            ) as process:
                yield from map(orjson.loads, process.stdout or ())
            if process.returncode != 0:
                raise CommandError(_complaint(log, process.returncode))
        finally:
            _keep(log, logs)


def _complaint(log: IO[bytes], exit_status: int) -> str:
    log.seek(0)
    lines = [line for line in log.read().decode(errors="replace").strip().splitlines() if not line.startswith("{")]
    return "\n".join(lines[-_LAST_LINES:]) or f"The dead-letters process ended with {exit_status}."


def _keep(log: IO[bytes], logs: Path) -> None:
    log.seek(0)
    lines = log.read()
    if lines and logs.is_dir():
        with (logs / _LOG).open("ab") as kept:
            kept.write(lines)
