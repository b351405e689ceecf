"""Redis servers that lose what they held: all of it, its end, its middle, or who had read what."""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM
from system import System

from faults.deliveries import DELIVERY_FAULTS
from faults.fault import Fault, MissedError
from faults.processes import send
from faults.redis_access import server

STREAMS: Final = "valkey-streams"
AOF: Final = "appendonlydir"


async def flush_streams(system: System, _hold_s: float, _rng: Random) -> None:
    async with server(system, STREAMS) as streams:
        await streams.flushall()


async def flush_cache(system: System, _hold_s: float, _rng: Random) -> None:
    async with server(system, "valkey-cache") as cache:
        await cache.flushall()


async def delete_stream(system: System, _hold_s: float, _rng: Random) -> None:
    async with server(system, STREAMS) as streams:
        await streams.delete(ENTRIES_STREAM)


async def destroy_group(system: System, _hold_s: float, _rng: Random) -> None:
    async with server(system, STREAMS) as streams:
        if not await streams.xgroup_destroy(ENTRIES_STREAM, DAILY_BALANCES_GROUP):
            raise MissedError("there was no group")


async def trim_stream(system: System, hold_s: float, _rng: Random) -> None:
    """Trim everything while the projector is stopped: what it had not read, and what it had not acknowledged."""
    projector = [await system.pid("balances-projector-1")]
    send(projector, signal.SIGSTOP)
    try:
        await asyncio.sleep(min(hold_s, 5.0))
        async with server(system, STREAMS) as streams:
            await streams.xtrim(ENTRIES_STREAM, maxlen=0, approximate=False)
    finally:
        send(projector, signal.SIGCONT)


async def empty_server(system: System, _hold_s: float, _rng: Random) -> None:
    """Put an empty server in the place of the streams server."""
    await _replace_data(system, None)


async def roll_back_server(system: System, hold_s: float, _rng: Random) -> None:
    """Put the streams server back to what it was some seconds ago, as from an old copy of its disk."""
    with tempfile.TemporaryDirectory(prefix="fluxo-chaos-") as directory:
        async with system.one_history:
            copy = Path(directory) / AOF
            try:
                await asyncio.to_thread(shutil.copytree, system.directory(STREAMS) / AOF, copy)
            except (shutil.Error, FileNotFoundError):
                raise MissedError("the file was just being rewritten or replaced") from None
            await asyncio.sleep(hold_s)
            await _replace_data(system, copy)


async def _replace_data(system: System, copy: Path | None) -> None:
    """Exchange the files under a stopped server, which then dies: it can neither write nor be restarted too soon."""
    pid = [await system.pid(STREAMS)]
    send(pid, signal.SIGSTOP)
    data = system.directory(STREAMS) / AOF
    shutil.rmtree(data, ignore_errors=True)
    if copy is not None:
        shutil.copytree(copy, data)
    send(pid, signal.SIGKILL)


STREAM_FAULTS: Final = (
    Fault("flush-streams", "streams lost", flush_streams),
    Fault("empty-streams-server", "streams lost", empty_server),
    Fault("delete-stream", "streams lost", delete_stream),
    Fault("trim-stream", "streams trimmed", trim_stream),
    Fault("roll-back-streams-server", "streams rolled back", roll_back_server),
    Fault("destroy-group", "consumer group lost", destroy_group),
    Fault("flush-cache", "cache lost", flush_cache),
    *DELIVERY_FAULTS,
)
