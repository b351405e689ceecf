"""`fluxo rebuild`: the projection anew from the entries, while reads and writes go on."""

import sys
import time
from collections.abc import Sequence
from typing import Final

from fluxo_cli.operations.environment import environment_of
from fluxo_cli.operations.rebuilding import rebuild_from_replay
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted

_NEEDED: Final = ("FLUXO_ENTRIES_DATABASE_URL", "FLUXO_BALANCES_DATABASE_URL", "FLUXO_CACHE_URL")
_REBUILD: Final = (sys.executable, "-m", "fluxo_balances", "rebuild")


def rebuild(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Build all balances anew from the entries, while reads and writes go on.

    The balances that are read change in one step at the end. Interrupted before that, it changes nothing and can be
    run again.

    Exit status: 0 rebuilt, 1 not (the reason is said), 3 nothing is known about the system.

    Example:
      fluxo rebuild && fluxo verify
    """
    environment = environment_of(data_dir, _NEEDED)
    began = time.monotonic()
    with progress("Replaying") as report:
        entries = rebuild_from_replay(_REBUILD, _replay, environment, report)
    replayed = counted(entries, "entry", "entries")
    print(f"The balances are rebuilt from {replayed}, in {time.monotonic() - began:.1f} s.")


def _replay(mark: str) -> Sequence[str]:
    return (sys.executable, "-m", "fluxo_entries", "replay", f"--mark={mark}")
