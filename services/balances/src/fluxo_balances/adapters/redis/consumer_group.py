"""The consumer group itself: it is made when missing, told apart from other errors, measured, and kept tidy."""

from typing import Final

from fluxo_chassis.redis import RedisClient, RedisReplyError
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_DEAD_LETTERS_STREAM, ENTRIES_STREAM

from fluxo_balances.adapters.redis import scripts
from fluxo_balances.application.projecting.ports import Backlog

_BEGINNING: Final = "0"  # "$" would skip what was published before the first projector ran.


def is_missing_group(error: RedisReplyError) -> bool:
    """Whether the group or its stream is gone, before a command or (UNBLOCKED) while it waited."""
    gone = ("NOGROUP ", "UNBLOCKED the stream key no longer exists", "ERR no such key")
    return str(error).startswith(gone)


class ConsumerGroup:
    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def make(self) -> None:
        """Make the group, from the stream's beginning, and the stream where there is none."""
        try:
            await self._redis.execute("XGROUP", "CREATE", ENTRIES_STREAM, DAILY_BALANCES_GROUP, _BEGINNING, "MKSTREAM")
        except RedisReplyError as error:
            if error.code != "BUSYGROUP":
                raise

    async def backlog(self) -> Backlog:
        dead_letters = await self._redis.execute("XLEN", ENTRIES_DEAD_LETTERS_STREAM)
        try:
            groups = await self._redis.execute("XINFO", "GROUPS", ENTRIES_STREAM)
        except RedisReplyError as error:
            if not is_missing_group(error):
                raise
            groups = []
        for group in groups:
            if group[b"name"] == DAILY_BALANCES_GROUP.encode():
                return Backlog(group[b"lag"], group[b"pending"], dead_letters)
        return Backlog(0, 0, dead_letters)

    async def remove_idle_consumers(self, idle_s: float) -> int:
        """Forget consumers that hold nothing and did not ask for so long; returns how many."""
        try:
            removed: int = await self._redis.execute(
                "EVAL", scripts.REMOVE_IDLE_CONSUMERS, 1, ENTRIES_STREAM, DAILY_BALANCES_GROUP, int(idle_s * 1_000)
            )
        except RedisReplyError as error:
            if not is_missing_group(error):
                raise
            return 0
        return removed
