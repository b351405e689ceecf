"""How `fluxo scale` asks the supervisor for another number of replicas, and how the balancer follows."""

import asyncio
import os
import signal
import time
from pathlib import Path

from fluxo_local.embedded.directory import write_private
from fluxo_local.spawn import descendants

_REQUEST = "replicas.wanted"
_OLD_WORKERS_END_WITHIN_S = 12.0
_POLL_S = 0.1


def ask_for(data_dir: Path, replicas: int) -> None:
    # A file and no signal: a supervisor that does not know the request must not die of it.
    write_private(data_dir / _REQUEST, str(replicas))


def is_asked_for(data_dir: Path) -> bool:
    return (data_dir / _REQUEST).exists()


def asked_for(data_dir: Path) -> int | None:
    """Return the number of replicas that somebody wants, None when nobody asks."""
    try:
        return int((data_dir / _REQUEST).read_text())
    except FileNotFoundError:
        return None


def take_request(data_dir: Path) -> None:
    (data_dir / _REQUEST).unlink(missing_ok=True)


async def reload_balancer(pid: int) -> None:
    """Let nginx read its configuration again; returns when nothing is sent by the old one any more.

    Its old workers finish the requests they have and end. Until then they may still choose an instance that the new
    configuration does not name.
    """
    old_workers = set(descendants(pid))
    os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + _OLD_WORKERS_END_WITHIN_S
    while old_workers & set(descendants(pid)) and time.monotonic() < deadline:  # noqa: ASYNC110 - they set no event
        await asyncio.sleep(_POLL_S)
