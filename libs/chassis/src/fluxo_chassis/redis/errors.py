from typing import Final

from fluxo_chassis.resilience import recognises_unavailable

NOT_NOW: Final = frozenset({"LOADING", "MASTERDOWN", "READONLY"})
"""Codes of a server that can be reached and cannot serve yet, or no longer."""


class RedisError(Exception):
    """There is no reply, or one that refuses."""


class RedisUnavailableError(RedisError):
    """No reply came. The command may have been carried out all the same."""


class RedisReplyError(RedisError):
    """The server refused the command; `code` is the first word of its reply, such as NOGROUP, or ERR for most."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.code = reply.partition(" ")[0]


@recognises_unavailable
def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the server cannot be used now, rather than that the command is wrong."""
    return isinstance(error, RedisUnavailableError) or (isinstance(error, RedisReplyError) and error.code in NOT_NOW)
