"""`python -m fluxo_chassis.check_servers`: whether servers can do what a process would ask of them.

Standard input has one JSON object, in which each name stands beside a URL and what it is for: `database`, `streams`
(a Redis that keeps what it is given) or `cache`. Standard output gets a line for each: its name, status and output,
as a health check has them.
"""

import asyncio
import sys
from dataclasses import dataclass
from typing import Final

import asyncpg
import orjson

from fluxo_chassis.health import Observation
from fluxo_chassis.observability.logs.error_text import error_message
from fluxo_chassis.postgres.fitness import POOLED, shares_sessions
from fluxo_chassis.postgres.pool import IS_READ_ONLY, READ_ONLY
from fluxo_chassis.redis import RedisClient, ping_redis

TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    purpose: str

    async def observe(self) -> Observation:
        """What is wrong with it; `fail` too where it can't be asked."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await (self._database() if self.purpose == "database" else self._redis())
        except TimeoutError:
            return Observation("fail", output=f"no answer within {TIMEOUT_S:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is what is wrong
            return Observation("fail", output=error_message(error) or type(error).__name__)

    async def _database(self) -> Observation:
        if await shares_sessions(self.url):
            return Observation("fail", output=f"this is {POOLED}")
        connection = await asyncpg.connect(self.url)
        try:
            is_read_only = await connection.fetchval(IS_READ_ONLY)
        finally:
            await connection.close()
        return READ_ONLY if is_read_only else Observation("pass")

    async def _redis(self) -> Observation:
        async with RedisClient(self.url, timeout_s=TIMEOUT_S) as redis:
            return await ping_redis(redis, keeps=self.purpose == "streams")


async def main() -> None:
    servers = {name: Server(**server) for name, server in orjson.loads(sys.stdin.buffer.read()).items()}
    seen = await asyncio.gather(*(server.observe() for server in servers.values()))
    for name, each in zip(servers, seen, strict=True):
        line = {"name": name, "status": each.status, "output": each.output}
        sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    asyncio.run(main())
