"""A Redis server as a dependency that may be unavailable: one client, which never sends a command twice."""

from fluxo_chassis.redis.client import RedisClient
from fluxo_chassis.redis.connection import Command, RedisConnection
from fluxo_chassis.redis.errors import RedisError, RedisReplyError, RedisUnavailableError, is_unavailable
from fluxo_chassis.redis.fitness import ping_redis, refuse_unfit

__all__ = [
    "Command",
    "RedisClient",
    "RedisConnection",
    "RedisError",
    "RedisReplyError",
    "RedisUnavailableError",
    "is_unavailable",
    "ping_redis",
    "refuse_unfit",
]
