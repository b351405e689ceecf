"""A crowd's large requests, sent by a process of its own: whoever measures a neighbour must not be kept busy by them.

`python -m benchmarks.crowd KIND URL TOKEN SECONDS` prints `ready` once all that it will send is made, and then sends on
many connections as long as it was told. What is refused with 429 is sent again when `Retry-After` says so.
"""

import asyncio
import itertools
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from typing import Final

import uvloop
from fluxo_cli.load.pool import Pool
from fluxo_cli.load.target import Target

from benchmarks.entries import bulk_request
from benchmarks.tools import SystemFailedError
from benchmarks.wrk import business_today

CONNECTIONS: Final = 64
BULK_ENTRIES: Final = 5_000
BULKS_PER_S: Final = 10
BODY_BYTES: Final = 1_000_000
TOO_MANY_REQUESTS: Final = 429
TIMEOUT_S: Final = 60.0
READY: Final = b"ready\n"


async def start(kind: str, url: str, token: str, seconds: float) -> asyncio.Task[None]:
    """Return when the crowd begins to send; the task ends with it."""
    arguments = [kind, url, token, str(seconds)]
    crowd = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, *arguments, stdout=PIPE)
    if crowd.stdout is None or await crowd.stdout.readline() != READY:
        raise SystemFailedError(f"the crowd of {kind} did not begin")

    async def until_it_ends() -> None:
        if await crowd.wait():
            raise SystemFailedError(f"the crowd of {kind} failed")

    return asyncio.create_task(until_it_ends())


def _bulks(target: Target, token: str, seconds: float) -> Iterator[bytes]:
    days = [business_today()] * BULK_ENTRIES
    return iter([bulk_request(target, token, days) for _ in range(CONNECTIONS + round(seconds) * BULKS_PER_S)])


def _bodies(target: Target, token: str, _seconds: float) -> Iterator[bytes]:
    return itertools.repeat(target.post("/v1/entries/bulk", token, b" " * BODY_BYTES))


KINDS: Final[dict[str, Callable[[Target, str, float], Iterator[bytes]]]] = {"bulks": _bulks, "bodies": _bodies}


async def _send(target: Target, requests: Iterator[bytes], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    async with Pool(target, CONNECTIONS, TIMEOUT_S) as pool:

        async def client() -> None:
            while loop.time() < end and (request := next(requests, None)) is not None:
                while loop.time() < end:
                    exchange = await pool.ask(request)
                    if exchange.status != TOO_MANY_REQUESTS:
                        break
                    await asyncio.sleep(min(int(exchange.retry_after), end - loop.time()))

        await asyncio.gather(*(client() for _ in range(CONNECTIONS)))


def main() -> None:
    kind, url, token, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    target = Target.of(url)
    requests = KINDS[kind](target, token, seconds)
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    uvloop.run(_send(target, requests, seconds))


if __name__ == "__main__":
    main()
