from collections.abc import Sequence
from typing import Any, Final, cast

import redis.asyncio
from fluxo_chassis.redis import RedisLink
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from redis.exceptions import ResponseError

from fluxo_entries.adapters.redis.scripts import PUBLISH, TRIM
from fluxo_entries.application.ports import GapFoundError, OutboxRow, StreamMovedBackError
from fluxo_entries.application.stream_state import START, Group, StreamPosition, StreamState

NO_SUCH_KEY: Final = "no such key"
MOVED_BACK: Final = -1

TRIM_MARK: Final = f"{{{ENTRIES_STREAM}}}.trimmed"
"""Where the relay trimmed to. A key in the stream's own hash slot, set in one step with the trim: what loses the one,
or goes back to an earlier copy of it, does the same to the other."""

_KEYS: Final = (ENTRIES_STREAM, TRIM_MARK)


class RedisEntriesStream:
    def __init__(self, client: redis.asyncio.Redis, link: RedisLink) -> None:
        self._client = client
        self._link = link
        self._trim = client.register_script(TRIM)

    async def position(self) -> StreamPosition:
        info = await self._info()
        return START if info is None else _position(info["last-generated-id"])

    async def publish(self, after: StreamPosition, rows: Sequence[OutboxRow]) -> int:
        arguments: list[str | bytes] = [EVENT_FIELD, _id(after), _id(rows[0].position.start_of_generation())]
        for row in rows:
            arguments += (_id(row.position), row.event)
        answer = await self._link.ask("EVAL", PUBLISH, len(_KEYS), *_KEYS, *arguments)
        if answer == MOVED_BACK:
            raise StreamMovedBackError
        if isinstance(answer, bytes):
            raise GapFoundError(answer.decode())
        return int(answer)

    async def state(self) -> StreamState:
        # In this order, so that another relay's trim in between makes nothing look as if it were missing.
        info = await self._info()
        if info is None:
            return StreamState()
        # The stubs allow for a client that decodes; this one answers bytes.
        mark = _position(cast("bytes | None", await self._client.get(TRIM_MARK)) or b"0-0")
        last = _position(info["last-generated-id"])
        groups = [await self._group(group, mark, last) for group in await self._client.xinfo_groups(ENTRIES_STREAM)]
        return StreamState(
            last=last,
            first=_position_of(info["first-entry"]),
            newest=_position_of(info["last-entry"]),
            deleted=_position(info["max-deleted-entry-id"]),
            mark=mark,
            groups=tuple(groups),
        )

    async def trim_below(self, acknowledged: StreamPosition) -> int:
        return int(await self._trim(keys=_KEYS, args=[_id(acknowledged.just_above()), _id(acknowledged)]))

    async def _info(self) -> dict[str, Any] | None:
        try:
            info: dict[str, Any] = await self._client.xinfo_stream(ENTRIES_STREAM)
        except ResponseError as error:
            if NO_SUCH_KEY not in str(error):
                raise
            return None
        return info

    async def _group(self, group: dict[str, Any], mark: StreamPosition, last: StreamPosition) -> Group:
        delivered = _position(group["last-delivered-id"])
        # As in the publish script: whoever reads up to the end is counted by the server.
        skipped = group["entries-read"] is None and mark < delivered == last
        return Group(group["name"].decode(), await self._acknowledged_by(group, delivered), skipped)

    async def _acknowledged_by(self, group: dict[str, Any], delivered: StreamPosition) -> StreamPosition:
        if group["pending"]:
            pending = await self._client.xpending(ENTRIES_STREAM, group["name"])
            if pending["min"] is not None:
                # A group that was set back has older deliveries pending than it will be given next.
                return min(delivered, _position(pending["min"]).just_below())
        # Nothing is pending; or nothing any more, and then everything delivered up to here was acknowledged.
        return delivered


def _id(position: StreamPosition) -> str:
    return f"{position.major}-{position.minor}"


def _position(stream_id: bytes) -> StreamPosition:
    major, minor = stream_id.split(b"-")
    return StreamPosition(int(major), int(minor))


def _position_of(entry: tuple[bytes, Any] | None) -> StreamPosition | None:
    return None if entry is None else _position(entry[0])
