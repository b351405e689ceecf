"""A Redis server as a dependency that may be away: redis-py's client, and a connection for what must cost little."""

from fluxo_chassis.redis.client import connect, is_away, ping_redis
from fluxo_chassis.redis.connection import Command, RedisConnection
from fluxo_chassis.redis.link import RedisLink
from fluxo_chassis.redis.opening import open_connection

__all__ = [
    "Command",
    "RedisConnection",
    "RedisLink",
    "connect",
    "is_away",
    "open_connection",
    "ping_redis",
]
