from collections.abc import Mapping, Sequence
from typing import Any, Final

from fluxo_chassis.redis import RedisClient, RedisReplyError
from fluxo_contracts.signatures import EventKeys
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD, SIGNATURE_FIELD

from fluxo_entries.adapters.redis.scripts import KEEP_COUNTS, PUBLISH, REMOVE, TRIM
from fluxo_entries.application.publishing.ports import GapFoundError, OutboxRow, StreamMovedBackError
from fluxo_entries.application.publishing.stream_state import Group, StreamEnd, StreamPosition, StreamState

NO_SUCH_KEY: Final = "ERR no such key"
MOVED_BACK: Final = -1

FORGETFUL: Final = b"redis_version:7.0."
"""Tells its file and its replicas what a group was given, and not that it counts as read."""

TRIM_MARK: Final = f"{{{ENTRIES_STREAM}}}.trimmed"
"""Where the relay trimmed to. A key in the stream's own hash slot, set in one step with the trim: what loses the one,
or goes back to an earlier copy of it, does the same to the other."""

_KEYS: Final = (ENTRIES_STREAM, TRIM_MARK)


class RedisEntriesStream:
    """With keys each event goes out signed, without them as it is."""

    def __init__(self, redis: RedisClient, keys: EventKeys | None = None) -> None:
        self._redis = redis
        self._keys = keys

    async def position(self) -> StreamPosition:
        return (await self.end()).position

    async def end(self) -> StreamEnd:
        info = await self._info("STREAM")
        return StreamEnd() if info is None else _end(info)

    async def publish(self, after: StreamPosition, rows: Sequence[OutboxRow]) -> int:
        arguments: list[str | bytes] = [EVENT_FIELD, _id(after), _id(rows[0].position.start_of_generation())]
        arguments.append("" if self._keys is None else SIGNATURE_FIELD)
        for row in rows:
            arguments += (_id(row.position), row.event, *(() if self._keys is None else (self._keys.sign(row.event),)))
        answer = await self._redis.execute("EVAL", PUBLISH, len(_KEYS), *_KEYS, *arguments)
        if answer == MOVED_BACK:
            raise StreamMovedBackError
        if isinstance(answer, bytes):
            raise GapFoundError(answer.decode())
        return int(answer)

    async def state(self) -> StreamState:
        # In this order, so that another relay's trim in between makes nothing look as if it were missing.
        info = await self._info("STREAM")
        if info is None:
            return StreamState()
        trimmed_up_to = _position(await self._redis.execute("GET", TRIM_MARK) or b"0-0")
        end = _end(info)
        groups = await self._redis.execute("XINFO", "GROUPS", ENTRIES_STREAM)
        return StreamState(
            last=end.position,
            last_event=end.event,
            first=_position_of(info[b"first-entry"]),
            newest=_position_of(info[b"last-entry"]),
            deleted=_position(info[b"max-deleted-entry-id"]),
            trimmed_up_to=trimmed_up_to,
            groups=tuple([await self._group(group, trimmed_up_to, end.position) for group in groups]),
        )

    async def delivered(self) -> StreamPosition | None:
        groups = await self._info("GROUPS") or ()
        return min((_position(group[b"last-delivered-id"]) for group in groups), default=None)

    async def trim_below(self, acknowledged: StreamPosition) -> int:
        lowest_kept, trimmed_up_to = _id(acknowledged.just_above()), _id(acknowledged)
        return int(await self._redis.execute("EVAL", TRIM, len(_KEYS), *_KEYS, lowest_kept, trimmed_up_to))

    async def keep_counts(self) -> None:
        if FORGETFUL in await self._redis.execute("INFO", "server"):
            await self._redis.execute("EVAL", KEEP_COUNTS, 1, ENTRIES_STREAM)

    async def remove(self, last: StreamPosition) -> bool:
        return bool(await self._redis.execute("EVAL", REMOVE, len(_KEYS), *_KEYS, _id(last)))

    async def _info(self, what: str) -> Any | None:
        """Return what XINFO tells, None where there is no stream."""
        try:
            return await self._redis.execute("XINFO", what, ENTRIES_STREAM)
        except RedisReplyError as error:
            if str(error) != NO_SUCH_KEY:
                raise
            return None

    async def _group(self, group: Mapping[bytes, Any], trimmed_up_to: StreamPosition, last: StreamPosition) -> Group:
        delivered = _position(group[b"last-delivered-id"])
        # As in the publish script: whoever reads up to the end is counted by the server.
        skipped = group[b"entries-read"] is None and trimmed_up_to < delivered == last
        return Group(group[b"name"].decode(), await self._acknowledged_by(group, delivered), skipped)

    async def _acknowledged_by(self, group: Mapping[bytes, Any], delivered: StreamPosition) -> StreamPosition:
        if group[b"pending"]:
            _count, oldest, *_ = await self._redis.execute("XPENDING", ENTRIES_STREAM, group[b"name"])
            if oldest is not None:
                # A group that was set back has older deliveries pending than it will be given next.
                return min(delivered, _position(oldest).just_below())
        # Nothing is pending; or nothing any more, and then everything delivered up to here was acknowledged.
        return delivered


def _id(position: StreamPosition) -> str:
    return f"{position.major}-{position.minor}"


def _position(stream_id: bytes) -> StreamPosition:
    major, minor = stream_id.split(b"-")
    return StreamPosition(int(major), int(minor))


def _end(info: Mapping[bytes, Any]) -> StreamEnd:
    last_id, newest = info[b"last-generated-id"], info[b"last-entry"]
    if newest is None or newest[0] != last_id:
        return StreamEnd(_position(last_id))
    fields = dict(zip(newest[1][::2], newest[1][1::2], strict=True))
    return StreamEnd(_position(last_id), fields.get(EVENT_FIELD.encode()))


def _position_of(entry: Sequence[Any] | None) -> StreamPosition | None:
    return None if entry is None else _position(entry[0])
