"""The services among the processes of a running system, by the names that `fluxo status` shows."""

from collections.abc import Sequence
from pathlib import Path

from fluxo_local.errors import CommandError
from fluxo_local.runtime import ProcessState, load_state
from fluxo_local.services import KINDS


def processes(data_dir: Path) -> Sequence[ProcessState]:
    """All that the supervisor keeps running.

    Raises:
        CommandError: nothing runs on the data directory.
    """
    state = load_state(data_dir)
    if state is None:
        raise CommandError(f"Nothing runs on {data_dir}: start it with `fluxo up`.")
    return state.processes


def services(data_dir: Path, names: Sequence[str]) -> list[ProcessState]:
    """Return the services of these names, or all; never a server.

    Raises:
        CommandError: nothing runs there, or there is no such service.
    """
    found = {process.name: process for process in processes(data_dir) if process.name.rpartition("-")[0] in KINDS}
    if unknown := [name for name in names if name not in found]:
        raise CommandError(f"There is no service {', '.join(unknown)}; there are {', '.join(found)}.")
    return [found[name] for name in names or sorted(found, key=_instance)]


def _instance(name: str) -> int:
    """All first instances go before any second one: by then the balancer has found the first one back."""
    return int(name.rpartition("-")[2])
