"""`fluxo rebuild`: the projection anew from the entries, while reads and writes go on."""

import sys
import time
from collections.abc import Sequence
from typing import Final

import typer

from fluxo_cli.operations.environment import environment_of
from fluxo_cli.operations.rebuilding import rebuild_from_replay
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted, note

_NEEDED: Final = ("FLUXO_ENTRIES_DATABASE_URL", "FLUXO_BALANCES_DATABASE_URL", "FLUXO_CACHE_URL")
_REBUILD: Final = (sys.executable, "-m", "fluxo_balances", "rebuild")


def rebuild(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Build all balances anew from the entries, while reads and writes go on.

    The balances that are read change in one step at the end. Interrupted before that, it changes nothing and can be
    run again.

    A merchant of whom an entry cannot be counted hinders no other: its balances stay as they were, and it is named.

    Exit status: 0 rebuilt, 1 not, or not all merchants (the reason is said), 3 nothing is known about the system.

    Example:
      fluxo rebuild && fluxo verify
    """
    environment = environment_of(data_dir, _NEEDED)
    began = time.monotonic()
    refused: dict[str, str] = {}
    with progress("Replaying") as report:
        entries = rebuild_from_replay(_REBUILD, _replay, environment, report, refused.__setitem__)
    replayed = counted(entries, "entry", "entries")
    print(f"The balances are rebuilt from {replayed}, in {time.monotonic() - began:.1f} s.")
    for merchant_id, reason in refused.items():
        note(f"Those of {merchant_id} stay as they were: {reason}")
    if refused:
        raise typer.Exit(1)


def _replay(mark: str) -> Sequence[str]:
    return (sys.executable, "-m", "fluxo_entries", "replay", f"--mark={mark}")
