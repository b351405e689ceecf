"""What a run makes once for all of its workers, as it takes long to make and tests start on copies of it."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return the directory that `make` fills; the first worker that asks makes it, the others wait."""
    of_worker = factory.getbasetemp()
    directory = (of_worker.parent if "PYTEST_XDIST_WORKER" in os.environ else of_worker) / name
    directory.mkdir(exist_ok=True)
    made, unfinished = directory / "made", directory / "unfinished"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(unfinished)
            unfinished.rename(made)
    return made
