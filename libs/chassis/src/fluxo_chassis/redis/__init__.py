"""A Redis server as a dependency that may be down: redis-py's client, and a connection for what must cost little."""

from fluxo_chassis.redis.client import connect, is_unavailable, ping_redis
from fluxo_chassis.redis.connection import Command, RedisConnection
from fluxo_chassis.redis.handshake import open_connection
from fluxo_chassis.redis.link import RedisLink

__all__ = [
    "Command",
    "RedisConnection",
    "RedisLink",
    "connect",
    "is_unavailable",
    "open_connection",
    "ping_redis",
]
