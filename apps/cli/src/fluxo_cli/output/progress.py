"""A bar for eyes, on standard error: a reader of a pipe or a file wants the outcome."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_SHOWN_AFTER_S: Final = 2.0

Report = Callable[[int, int | None], object]
"""Called again and again with how many are done, and of how many; None while that is unknown."""


class _Counted(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        of_how_many = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{of_how_many} {self._unit}")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress(doing: str, unit: str = "entries", *, hidden: bool = False) -> Iterator[Report]:
    """Yield the callback that reports progress; it is shown on a terminal, once it has taken two seconds."""
    columns = (TextColumn(doing), BarColumn(), _Counted(unit), _Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, transient=True, disable=hidden or not sys.stderr.isatty())
    task = bar.add_task("", total=None)
    patience = threading.Timer(_SHOWN_AFTER_S, bar.start)
    patience.daemon = True
    patience.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        patience.cancel()
        patience.join()
        bar.stop()
