from fluxo_chassis.resilience import demoted, recognises_unavailable


class RedisError(Exception):
    """There is no reply, or one that refuses."""


class RedisUnavailableError(RedisError):
    """No reply came. The command may have been carried out all the same."""


class RedisReplyError(RedisError):
    """The server refused the command; `code` is the first word of its reply, such as NOGROUP, or ERR for most."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.code = reply.partition(" ")[0]

    @property
    def is_by_demoted(self) -> bool:
        """Whether the server is not, or not yet, the one to write to."""
        said = str(self)
        if said.startswith("ERR Error running script"):
            said = said.rpartition(" -")[2]  # Redis before 7 wraps what a script's command was told.
        return said.startswith(demoted.REDIS)


@recognises_unavailable
def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the server cannot be used now, rather than that the command is wrong."""
    return isinstance(error, RedisUnavailableError) or (isinstance(error, RedisReplyError) and error.is_by_demoted)
