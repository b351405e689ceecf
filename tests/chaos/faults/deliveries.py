"""Events that come twice, in another order, or to somebody who never acknowledges them."""

import asyncio
import signal
import time
from random import Random
from typing import Any, Final, cast

import asyncpg
import redis.asyncio
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM
from redis.exceptions import ResponseError
from system import System

from faults.fault import Fault, MissedError
from faults.processes import send
from faults.redis_access import server

STREAMS: Final = "valkey-streams"
XID_BITS: Final = 48
EVENTS_MAX: Final = 200
NO_EVENTS: Final = "there were no such events"
NO_GROUP: Final = "there was no group"

Events = list[tuple[bytes, dict[Any, Any]]]


async def rewind_group(system: System, _hold_s: float, _rng: Random) -> None:
    """Deliver the last events once more, under their own ids."""
    async with server(system, STREAMS) as streams:
        await rewind(streams)


async def rewind(streams: redis.asyncio.Redis) -> None:
    """Set the group back by some of the events that it was given; those that it still has to get may be many more."""
    delivered = await streams.xrevrange(ENTRIES_STREAM, await _last_delivered(streams), count=EVENTS_MAX)
    if not delivered:
        raise MissedError(NO_EVENTS)
    await _set_group(streams, delivered[-1][0])


async def duplicate_events(system: System, _hold_s: float, rng: Random) -> None:
    """Publish events once more under new ids, in any order."""
    async with system.one_history, server(system, STREAMS) as streams:
        events = await _newest(streams, EVENTS_MAX)
        rng.shuffle(events)
        await _add_behind(system, streams, events)


async def reorder_events(system: System, hold_s: float, _rng: Random) -> None:
    """Let the projector meet the newest events first, and in reverse, and those in their own order later."""
    projector = [await system.pid("balances-projector-1")]
    send(projector, signal.SIGSTOP)
    try:
        await asyncio.sleep(min(hold_s, 3.0))
        async with system.one_history, server(system, STREAMS) as streams:
            delivered = await _last_delivered(streams)
            unread = cast(Events, await streams.xrange(ENTRIES_STREAM, b"(" + delivered, count=EVENTS_MAX))
            if not unread:
                raise MissedError(NO_EVENTS)
            behind = await _add_behind(system, streams, unread[::-1])
            await _set_group(streams, behind)
            send(projector, signal.SIGCONT)
            await asyncio.sleep(1)
            await _set_group(streams, delivered)
    finally:
        send(projector, signal.SIGCONT)


async def steal_events(system: System, hold_s: float, _rng: Random) -> None:
    """Read and claim as a consumer that never acknowledges; after its end others have to take over from it."""
    until = time.monotonic() + min(hold_s, 3.0)
    async with server(system, STREAMS) as streams:
        while time.monotonic() < until:
            try:
                await _steal(streams)
            except ResponseError:  # no group at this moment
                await asyncio.sleep(0.1)


async def _steal(streams: redis.asyncio.Redis) -> None:
    await streams.xreadgroup(DAILY_BALANCES_GROUP, "thief", {ENTRIES_STREAM: ">"}, count=50, block=20)
    pending = await streams.xpending_range(ENTRIES_STREAM, DAILY_BALANCES_GROUP, "-", "+", EVENTS_MAX)
    if pending:
        ids: list[Any] = [each["message_id"] for each in pending]
        await streams.xclaim(ENTRIES_STREAM, DAILY_BALANCES_GROUP, "thief", 0, ids, justid=True)


async def _newest(streams: redis.asyncio.Redis, count: int) -> Events:
    return cast(Events, await streams.xrevrange(ENTRIES_STREAM, count=count))


async def _last_delivered(streams: redis.asyncio.Redis) -> bytes:
    try:
        groups = await streams.xinfo_groups(ENTRIES_STREAM)
    except ResponseError:
        raise MissedError(NO_GROUP) from None
    for group in groups:
        if group["name"] == DAILY_BALANCES_GROUP.encode():
            return bytes(group["last-delivered-id"])
    raise MissedError(NO_GROUP)


async def _set_group(streams: redis.asyncio.Redis, stream_id: bytes) -> None:
    try:
        await streams.xgroup_setid(ENTRIES_STREAM, DAILY_BALANCES_GROUP, stream_id)
    except ResponseError:
        raise MissedError(NO_GROUP) from None


async def _add_behind(system: System, streams: redis.asyncio.Redis, events: Events) -> bytes:
    """Add events right behind the last one; returns that one's id.

    The last id is the relay's position, so the new ids may not cover an outbox row that is still to come: they take
    the sequence of the last row's transaction, once all of that transaction has been published.
    """
    for _ in range(100):
        newest = await _newest(streams, 1)
        if not newest or not events:
            raise MissedError(NO_EVENTS)
        major, minor = map(int, newest[0][0].split(b"-"))
        if await _is_whole(system, major & (1 << XID_BITS) - 1, minor):
            added = await _add(streams, events, major, minor)
            if added:
                return newest[0][0]
        await asyncio.sleep(0.05)
    raise MissedError("the relay was always faster")


async def _add(streams: redis.asyncio.Redis, events: Events, major: int, minor: int) -> int:
    """Return how many were added before the relay published something newer."""
    for added, (_, fields) in enumerate(events):
        try:
            await streams.xadd(ENTRIES_STREAM, fields, id=f"{major}-{minor + added + 1}")
        except ResponseError:
            return added
    return len(events)


async def _is_whole(system: System, xid: int, seq: int) -> bool:
    connection = await asyncpg.connect(
        system.environment["FLUXO_ENTRIES_DATABASE_URL"], port=system.port_of("postgres")
    )
    try:
        rest = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM outbox WHERE xid = $1::xid8 AND seq > $2)", xid, seq
        )
    finally:
        await connection.close()
    return not rest


DELIVERY_FAULTS: Final = (
    Fault("rewind-group", "events delivered twice", rewind_group),
    Fault("duplicate-events", "events delivered twice", duplicate_events),
    Fault("reorder-events", "events out of order", reorder_events),
    Fault("steal-events", "events stolen", steal_events),
)
