import os
from collections.abc import Sequence
from pathlib import Path

from fluxo_local.errors import CommandError
from fluxo_local.runtime import load_environment

_NOTHING_KNOWN = 3


def environment_of(data_dir: Path, needed: Sequence[str]) -> dict[str, str]:
    """Return this process's variables over those of the system that runs, or ran last, on the data directory.

    Raises:
        CommandError: one of the needed ones is in neither.
    """
    environment = load_environment(data_dir) | os.environ
    if missing := [name for name in needed if name not in environment]:
        raise CommandError(
            f"Nothing is known about a system on {data_dir}: start it with `fluxo up`, or set {' and '.join(missing)}.",
            exit_status=_NOTHING_KNOWN,
        )
    return environment
