"""Processes that end with the tests that started them, however these end: by Ctrl-C, by a kill, by a time-out."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

FLUXO = (sys.executable, "-m", "fluxo_cli")


def clean_environment() -> dict[str, str]:
    """Return this process's variables without what would point a system to other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}


def mortal(argv: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return a command that the kernel kills when the thread that runs it ends; where that can't be had, as it is.

    The tests may be killed themselves, and then no teardown runs. What `fluxo up` starts dies with it.
    """
    setpriv = shutil.which("setpriv")
    mortality = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    return [*mortality, *map(os.fspath, argv)]


def start(argv: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.Popen[Any]:
    """Start a process in a session of its own, so that Ctrl-C reaches the tests alone, which then end it."""
    return subprocess.Popen(mortal(argv), start_new_session=True, **options)


def run(argv: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end."""
    return subprocess.run(mortal(argv), check=False, **options)


def run_fluxo(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of `fluxo`, and return what it printed."""
    wanted = {"capture_output": True, "text": True, "env": clean_environment(), "timeout": 120} | options
    return run([*FLUXO, *arguments], **wanted)
