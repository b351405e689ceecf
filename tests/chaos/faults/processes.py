"""Processes that die or stop for a while, one by one and all together."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from system import System
from topologies import Topology

from faults.fault import Fault, MissedError

OURS: Final = ("entries-api-1", "entries-relay-1", "balances-api-1", "balances-projector-1")
PROCESSES: Final = (*OURS, "postgres", "valkey-streams", "valkey-cache")
EVERYWHERE: Final = frozenset(Topology)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each that still lives."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def family(pid: int) -> list[int]:
    """Return the process and its children: PostgreSQL's back ends are in groups of their own."""
    children = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                children.append(int(entry.name))
    return [pid, *children]


async def kill(name: str, system: System, _hold_s: float, _rng: Random) -> None:
    send([await system.pid(name)], signal.SIGKILL)


async def pause(name: str, system: System, hold_s: float, _rng: Random) -> None:
    """Stop a process, with all its children, and let it go on: to others it hangs, to itself time jumps."""
    stopped = family(await system.pid(name))
    send(stopped, signal.SIGSTOP)
    try:
        await asyncio.sleep(hold_s)
    finally:
        send(stopped, signal.SIGCONT)


async def hang(name: str, system: System, _hold_s: float, _rng: Random) -> None:
    """Stop a process for good: the supervisor has to find out, and replace it."""
    if system.servers is not None and system.servers.pid(name) is not None:
        raise MissedError("the driver's own servers have no supervisor")
    send(family(await system.pid(name)), signal.SIGSTOP)


async def kill_backend(system: System, _hold_s: float, rng: Random) -> None:
    """One back end's death makes PostgreSQL end all others and recover."""
    postmaster, *backends = family(await system.pid("postgres"))
    send([rng.choice(backends or [postmaster])], signal.SIGKILL)


async def kill_cluster(system: System, _hold_s: float, _rng: Random) -> None:
    send(family(await system.pid("postgres")), signal.SIGKILL)


async def kill_everything(system: System, _hold_s: float, rng: Random) -> None:
    """Kill all supervised processes at once; the supervisor has to bring all of it back."""
    names = list(PROCESSES)
    rng.shuffle(names)
    send([await system.pid(name) for name in names], signal.SIGKILL)


async def restart(system: System, _hold_s: float, _rng: Random) -> None:
    async with system.ended(signal.SIGTERM):
        pass


async def kill_supervisor(system: System, _hold_s: float, _rng: Random) -> None:
    """Kill the supervisor, with whom everything dies, and start it again at once."""
    async with system.ended(signal.SIGKILL):
        pass


def _for_each(verb: str, kind: str, inject: Callable[..., Awaitable[None]]) -> Iterator[Fault]:
    for name in PROCESSES:
        where = {"topologies": EVERYWHERE} if name in OURS else {}
        yield Fault(f"{verb}-{name.removesuffix('-1')}", kind, partial(inject, name), **where)


PROCESS_FAULTS: Final = (
    *_for_each("kill", "process killed", kill),
    *_for_each("pause", "process paused", pause),
    *_for_each("hang", "process hung", hang),
    Fault("kill-postgres-backend", "process killed", kill_backend),
    Fault("kill-postgres-group", "process killed", kill_cluster),
    Fault("kill-everything", "system killed", kill_everything),
    Fault("kill-supervisor", "system killed", kill_supervisor, EVERYWHERE),
    Fault("restart-system", "system restarted", restart, EVERYWHERE),
)
