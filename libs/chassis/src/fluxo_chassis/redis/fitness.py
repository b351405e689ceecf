"""Whether a Redis server can do its work here, and in a sentence why not."""

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from fluxo_chassis.health import Observation
from fluxo_chassis.redis.client import RedisClient
from fluxo_chassis.redis.connection import RedisConnection
from fluxo_chassis.redis.errors import RedisError, RedisReplyError
from fluxo_chassis.settings import refuse

OLDEST_MAJOR: Final = 7
LOOK_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """`is_lasting` where nothing but an operator ends it; what passes by itself, such as a failover, is waited for."""

    status: str
    why: str
    is_lasting: bool = False


async def ping_redis(redis: RedisClient, *, keeps: bool = False) -> Observation:
    """How long a server takes for a PING, or why it can't be used: for what it `keeps`, too, if it must lose nothing.

    The connection to a replica ends. HELLO tells the role as ROLE does, and every user may send it.
    """
    started = time.perf_counter()
    connection = await redis.connected()
    fault = await _fault(connection, keeps=keeps)
    if fault is None:
        return Observation("pass", round((time.perf_counter() - started) * 1000, 3), "ms")
    if fault is _REPLICA:
        connection.abort(fault.why)
    return Observation("warn" if fault.status == "warn" else "fail", output=fault.why)


async def refuse_unfit(redis: RedisClient, variable: str) -> None:
    """End the process with exit code 2 and a sentence where a server that must lose nothing will never do.

    One that is away, starting, full or a replica may be another one in a moment: health and log say so meanwhile.
    """
    with suppress(RedisError, TimeoutError):
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            fault = await _fault(await redis.connected(), keeps=True)
        if fault is not None and fault.is_lasting:
            refuse(f"{variable} leads to a server that cannot be used: {fault.why}.")


async def _fault(connection: RedisConnection, *, keeps: bool) -> Fault | None:
    _, facts = await connection.execute_pipeline(("PING",), ("HELLO", 3))
    if (major := _major(facts)) < OLDEST_MAJOR:
        # As a cache it does what is asked of it, though nobody tries it.
        why = f"it is Redis {facts[b'version'].decode()}, and {OLDEST_MAJOR}.0 is the oldest that will do"
        return Fault("fail" if keeps else "warn", why, is_lasting=True) if major else None
    if facts.get(b"mode") == b"cluster" and (nodes := await _number_of_masters(connection)) > 1:
        return Fault("fail", f"it is one of {nodes} masters of a cluster, which keep a part each", is_lasting=True)
    if facts.get(b"mode") == b"sentinel":
        return Fault("fail", "it is a Sentinel, and the URL of those begins with redis+sentinel://", is_lasting=True)
    if facts.get(b"role") in (b"replica", b"slave"):
        return _REPLICA
    return _fault_of_memory(await _info(connection, "INFO", "memory")) if keeps else None


_REPLICA: Final = Fault("fail", "the server is a replica")


def _fault_of_memory(memory: Mapping[bytes, bytes]) -> Fault | None:
    policy = memory.get(b"maxmemory_policy", b"noeviction").decode()
    limit = int(memory.get(b"maxmemory", 0))
    if limit and policy.startswith("allkeys"):
        return Fault("fail", f"its maxmemory-policy is {policy}, which removes what it should keep", is_lasting=True)
    counted = int(memory.get(b"used_memory", 0)) - int(memory.get(b"mem_not_counted_for_evict", 0))
    if limit and counted >= limit:
        return Fault("fail", "its memory is full (maxmemory)")
    if policy != "noeviction":
        return Fault("warn", f"its maxmemory-policy is {policy}, where noeviction is the one that loses nothing")
    return None


def _major(facts: Mapping[bytes, Any]) -> int:
    """The number before the first dot; 0 where a server does not say."""
    found = re.match(rb"[0-9]+", facts.get(b"version", b""))
    return int(found[0]) if found else 0


async def _number_of_masters(connection: RedisConnection) -> int:
    return int((await _info(connection, "CLUSTER", "INFO")).get(b"cluster_size", 0))


async def _info(connection: RedisConnection, *command: str) -> Mapping[bytes, bytes]:
    """Return what a server says of itself, and nothing where the user may not ask."""
    try:
        said: bytes = await connection.execute(*command)
    except RedisReplyError as error:
        if error.code != "NOPERM":
            raise
        return {}
    return dict(line.split(b":", 1) for line in said.splitlines() if b":" in line)
