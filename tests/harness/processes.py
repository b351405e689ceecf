import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

FLUXO = (sys.executable, "-m", "fluxo_cli")


def clean_environment() -> dict[str, str]:
    """Return this process's variables without what would point a system to other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}


def start(argv: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.Popen[Any]:
    """Start a process in a session of its own, so that Ctrl-C reaches the tests alone, which then end it."""
    return subprocess.Popen(argv, start_new_session=True, **options)


def run_fluxo(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of `fluxo`, and return what it printed."""
    wanted: dict[str, Any] = {
        "capture_output": True,
        "text": True,
        "env": clean_environment(),
        "timeout": 120,
    } | options
    return subprocess.run([*FLUXO, *arguments], check=False, **wanted)
