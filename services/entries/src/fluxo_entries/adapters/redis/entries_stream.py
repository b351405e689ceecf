from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from redis.exceptions import ResponseError

from fluxo_entries.adapters.redis.scripts import PUBLISH
from fluxo_entries.application.ports import OutboxRow, StreamMovedBackError, StreamPosition

NO_SUCH_KEY: Final = "no such key"
MINOR_MAX: Final = 2**64 - 1
MOVED_BACK: Final = -1


class RedisEntriesStream:
    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._publish = client.register_script(PUBLISH)

    async def position(self) -> StreamPosition:
        try:
            info = await self._client.xinfo_stream(ENTRIES_STREAM)
        except ResponseError as error:
            if NO_SUCH_KEY not in str(error):
                raise
            return StreamPosition(0, 0)
        return _position(info["last-generated-id"])

    async def publish(self, after: StreamPosition, rows: Sequence[OutboxRow]) -> None:
        arguments: list[str | bytes] = [EVENT_FIELD, _id(after)]
        for row in rows:
            arguments += (_id(row.position), row.event)
        if await self._publish(keys=[ENTRIES_STREAM], args=arguments) == MOVED_BACK:
            raise StreamMovedBackError

    async def acknowledged(self) -> StreamPosition | None:
        try:
            groups = await self._client.xinfo_groups(ENTRIES_STREAM)
        except ResponseError as error:
            if NO_SUCH_KEY not in str(error):
                raise
            return None
        return min([await self._acknowledged_by(group) for group in groups], default=None)

    async def trim_below(self, position: StreamPosition) -> int:
        return int(await self._client.xtrim(ENTRIES_STREAM, minid=_id(_just_above(position)), approximate=False))

    async def _acknowledged_by(self, group: dict[str, Any]) -> StreamPosition:
        if group["pending"]:
            pending = await self._client.xpending(ENTRIES_STREAM, group["name"])
            if pending["min"] is not None:
                return _just_below(_position(pending["min"]))
        # Nothing is pending; or nothing any more, and then everything delivered up to here was acknowledged.
        return _position(group["last-delivered-id"])


def _id(position: StreamPosition) -> str:
    return f"{position.major}-{position.minor}"


def _position(stream_id: bytes) -> StreamPosition:
    major, minor = stream_id.split(b"-")
    return StreamPosition(int(major), int(minor))


def _just_below(position: StreamPosition) -> StreamPosition:
    if position.minor > 0:
        return StreamPosition(position.major, position.minor - 1)
    return StreamPosition(position.major - 1, MINOR_MAX)


def _just_above(position: StreamPosition) -> StreamPosition:
    if position.minor < MINOR_MAX:
        return StreamPosition(position.major, position.minor + 1)
    return StreamPosition(position.major + 1, 0)
