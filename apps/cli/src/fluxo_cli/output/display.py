"""What `fluxo up` shows: live on a terminal, one line per event elsewhere."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from fluxo_local.runtime import ProcessState
from fluxo_local.services import DASHBOARD
from rich.console import Console, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


class StartDisplay:
    """Follows a start until everything runs, then says where it is."""

    def __init__(self, console: Console, data_dir: Path, urls: Mapping[str, str], page: Callable[[], str]) -> None:
        self._console = console
        self._data_dir = data_dir
        self._urls = urls
        self._page = page
        self._step = ""
        self._said_ready: set[str] = set()
        self._live = Live(console=console, transient=True, refresh_per_second=10) if console.is_terminal else None

    def starting(self, step: str) -> None:
        self._step = step
        if self._live is None:
            self._print(f"Starting {step}")
        elif not self._live.is_started:
            self._live.start()

    def show(self, processes: Sequence[ProcessState]) -> None:
        if self._live is not None:
            if self._live.is_started:
                self._live.update(_table(self._step, processes))
            return
        for process in processes:
            if process.ready and process.name not in self._said_ready:
                self._said_ready.add(process.name)
                self._print(f"{process.name} is ready on port {process.port}")

    def announce(self, sentence: str) -> None:
        self._print(sentence, style="yellow")

    def running(self) -> None:
        self._finish()
        lines = Table.grid(padding=(0, 2))
        for name, url in self._urls.items():
            lines.add_row(*(("Page", url) if name == DASHBOARD else (f"{name.capitalize()} API", f"{url}/docs")))
        lines.add_row("Data and logs", str(self._data_dir))
        lines.add_row("Next", f"{_program()} entries add --help")
        lines.add_row("", f"{_program()} token --merchant my-shop{_option(self._data_dir)}")
        lines.add_row("Stop", "Ctrl-C")
        self._print(Panel(lines, title="Fluxo runs", expand=False, padding=(1, 2)))
        # Outside the frame and in one line, so that it can be clicked and copied.
        if DASHBOARD not in self._urls:
            return
        page = self._page()
        if page != self._urls[DASHBOARD]:
            self._print(
                "Open the page, signed in: this link works once, for ten minutes, on this machine; "
                f"`{_program()} open{_option(self._data_dir)}` makes another."
            )
        self._print(Text(page, no_wrap=True, overflow="ignore"))

    def stopping(self) -> None:
        self._finish()
        self._print("Stopping")

    def _print(self, what: RenderableType, *, style: str | None = None) -> None:
        # Nobody reads any more? The system runs on all the same; Rich would exit.
        with suppress(OSError, SystemExit):
            self._console.print(what, highlight=False, markup=False, style=style)

    def _finish(self) -> None:
        if self._live is not None and self._live.is_started:
            self._live.stop()

    def close(self) -> None:
        self._finish()


def _program() -> str:
    """Return the command as it can be typed here: by its path when the PATH does not have it."""
    return "fluxo" if shutil.which("fluxo") else os.path.relpath(sys.argv[0])


def _option(data_dir: Path) -> str:
    return "" if data_dir == Path(".fluxo") else f" --data-dir {data_dir}"


def _table(step: str, processes: Sequence[ProcessState]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(Spinner("dots"), f"Starting {step}")
    for process in processes:
        table.add_row("[green]✓[/]" if process.ready else "[dim]…[/]", process.name, f"[dim]port {process.port}[/]")
    return table
