"""`fluxo rebuild`: the projection anew from the entries, while reads and writes go on."""

import sys
import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from fluxo_cli.environment import environment_of
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.rebuilding import rebuild_from_replay

_NEEDED: Final = ("FLUXO_ENTRIES_DATABASE_URL", "FLUXO_BALANCES_DATABASE_URL", "FLUXO_CACHE_URL")
_REBUILD: Final = (sys.executable, "-m", "fluxo_balances", "rebuild")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


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
    columns = (
        TextColumn("Replaying"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} entries"),
        _Rate(),
        TimeRemainingColumn(),
    )
    # Whoever reads a pipe or a file wants the outcome; the bar is for eyes.
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        replaying = progress.add_task("", total=0)
        entries = rebuild_from_replay(
            _REBUILD,
            _replay,
            environment,
            lambda replayed, total: progress.update(replaying, completed=replayed, total=total),
        )
    counted = f"{entries:,} {'entry' if entries == 1 else 'entries'}"
    print(f"The balances are rebuilt from {counted}, in {time.monotonic() - began:.1f} s.")


def _replay(mark: str) -> Sequence[str]:
    return (sys.executable, "-m", "fluxo_entries", "replay", f"--mark={mark}")
