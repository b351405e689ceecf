"""What makes a replica the primary, or should not: of both Redis services under their sentinels, and of PostgreSQL."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Final

import redis
from system import System
from topologies import Topology
from watched import SENTINELS, SERVICES, Member, Watched
from watched_servers import WatchedServers

from faults.fault import Fault, MissedError
from faults.processes import send

Change = Callable[[Watched, str, Member, float], Awaitable[None]]
"""Takes the sentinels' service, its primary, and how many seconds to hold what can be held."""


async def change_primary(service: str, change: Change, system: System, hold_s: float, _rng: Random) -> None:
    assert isinstance(system.servers, WatchedServers)
    watched = system.servers.watched
    try:
        primary = await watched.until_replaceable(service)
        await change(watched, service, primary, hold_s)
    except (TimeoutError, redis.RedisError) as error:
        raise MissedError(f"the sentinels did not agree in time ({type(error).__name__} {error})") from None


async def kill(watched: Watched, service: str, primary: Member, _hold_s: float) -> None:
    """The one that was the primary comes back as what it was: nobody could tell it."""
    async with watched.away(primary):
        await watched.until_replaced(service, primary)


async def demote(watched: Watched, service: str, primary: Member, _hold_s: float) -> None:
    """The one that was the primary goes on taking writes for some seconds, and loses them."""
    watched.demote(service)
    await watched.until_replaced(service, primary)


async def stop(watched: Watched, service: str, primary: Member, _hold_s: float) -> None:
    """The one that was the primary goes on where it stood, for those who still hear it."""
    assert primary.process is not None
    stopped = [primary.process.pid]
    send(stopped, signal.SIGSTOP)
    try:
        await watched.until_replaced(service, primary)
    finally:
        send(stopped, signal.SIGCONT)


async def cut_off(watched: Watched, service: str, primary: Member, hold_s: float) -> None:
    """Clients hear two primaries: the one that was it is cut off from its replicas and all sentinels."""
    rest = [*watched.others(service, primary), *(watched.members[name] for name in SENTINELS)]
    async with watched.parted([primary], rest):
        await watched.until_replaced(service, primary)
        await asyncio.sleep(hold_s)


async def cut_off_with_a_sentinel(watched: Watched, service: str, primary: Member, hold_s: float) -> None:
    """And one sentinel, on that side, goes on naming it."""
    first, *others = (watched.members[name] for name in SENTINELS)
    async with watched.parted([primary, first], [*watched.others(service, primary), *others]):
        await watched.until_replaced(service, primary)
        await asyncio.sleep(hold_s)


async def cut_off_replicas(watched: Watched, service: str, primary: Member, hold_s: float) -> None:
    async with watched.parted([primary], watched.others(service, primary)):
        await asyncio.sleep(hold_s)


async def kill_with_sentinels(killed: int, watched: Watched, service: str, primary: Member, hold_s: float) -> None:
    """While two of three are away nobody is made the primary."""
    async with watched.away(primary):
        async with watched.away(*(watched.members[name] for name in SENTINELS[:killed])):
            await asyncio.sleep(hold_s)
        await watched.until_replaced(service, primary)


async def kill_among_parted_sentinels(watched: Watched, service: str, primary: Member, hold_s: float) -> None:
    """None hears another one: nobody is made the primary before they do."""
    sentinels = [watched.members[name] for name in SENTINELS]
    async with watched.away(primary):
        async with watched.parted(sentinels, sentinels):
            await asyncio.sleep(hold_s)
        await watched.until_replaced(service, primary)


async def promote_standby(how: signal.Signals, system: System, _hold_s: float, _rng: Random) -> None:
    """What was acknowledged is at the standby: it is a synchronous one."""
    assert isinstance(system.servers, WatchedServers)
    await system.servers.pair.fail_over(how)


_CHANGES: Final[dict[str, tuple[str, Change]]] = {
    "kill-primary": ("primary killed", kill),
    "demote-primary": ("primary demoted", demote),
    "stop-primary": ("primary stopped, back as it was", stop),
    "cut-off-primary": ("primary cut off", cut_off),
    "cut-off-primary-and-sentinel": ("primary cut off", cut_off_with_a_sentinel),
    "cut-off-replicas": ("replicas cut off", cut_off_replicas),
    "kill-primary-and-sentinel": ("primary killed", partial(kill_with_sentinels, 1)),
    "kill-primary-and-two-sentinels": ("primary killed, no quorum", partial(kill_with_sentinels, 2)),
    "part-sentinels-and-kill-primary": ("primary killed, no quorum", kill_among_parted_sentinels),
}
FAILOVER_FAULTS: Final = (
    *(
        Fault(f"{name}-{service}", kind, partial(change_primary, service, change), {Topology.SENTINEL})
        for name, (kind, change) in _CHANGES.items()
        for service in SERVICES
    ),
    Fault("kill-postgres-primary", "standby promoted", partial(promote_standby, signal.SIGKILL), {Topology.SENTINEL}),
    Fault("switch-postgres-over", "standby promoted", partial(promote_standby, signal.SIGINT), {Topology.SENTINEL}),
)
