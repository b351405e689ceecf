"""Whether everything recorded has reached the balances: asked of the databases' and the stream's own state."""

import time
from typing import Any, Final

import redis

from benchmarks.sql import ask
from benchmarks.system import System
from benchmarks.tools import SystemFailedError

STREAM: Final = "fluxo.entries"
GROUP: Final = "daily-balances"
_WITHIN_S: Final = 300.0
_POLL_S: Final = 0.05

# A stream id is <generation * 2^48 + xid>-<seq>: where the relay is. Later rows wait for it.
_UNPUBLISHED: Final = """
SELECT EXISTS (SELECT FROM outbox WHERE (xid, seq) > ($1::text::xid8, $2::bigint) ORDER BY xid, seq LIMIT 1)
    OR EXISTS (SELECT FROM bulk_outbox)
"""
_XIDS_A_GENERATION: Final = 2**48


def until_quiet(system: System, within_s: float = _WITHIN_S) -> None:
    """Return when the outbox is published and the stream acknowledged; raises SystemFailedError when that is late."""
    deadline = time.monotonic() + within_s
    with streams(system) as client:
        while not (_is_published(system, client) and stream_backlog(client) == 0):
            if time.monotonic() > deadline:
                raise SystemFailedError(f"entries had not reached the balances after {within_s:g} s")
            time.sleep(_POLL_S)


def streams(system: System) -> redis.Redis:
    return redis.Redis.from_url(system.environment["FLUXO_STREAMS_URL"], socket_timeout=10)


def stream_backlog(client: redis.Redis) -> int:
    """Return how many events the projectors have not acknowledged; all of them while there is no group yet."""
    try:
        groups: list[dict[str, Any]] = client.xinfo_groups(STREAM)
    except redis.ResponseError:  # no such stream
        return 0
    for group in groups:
        if group["name"].decode() == GROUP:
            return int(group["lag"] or 0) + int(group["pending"])
    return int(client.xlen(STREAM))


def published_events(client: redis.Redis) -> int:
    """Return how many events were ever published."""
    try:
        return int(client.xinfo_stream(STREAM)["entries-added"])
    except redis.ResponseError:  # no such stream
        return 0


def _is_published(system: System, client: redis.Redis) -> bool:
    try:
        last: str = client.xinfo_stream(STREAM)["last-generated-id"].decode()
    except redis.ResponseError:
        last = "0-0"
    first, _, seq = last.partition("-")
    position = (str(int(first) % _XIDS_A_GENERATION), int(seq))
    return not ask(system.environment["FLUXO_ENTRIES_DATABASE_URL"], _UNPUBLISHED, arguments=position)
