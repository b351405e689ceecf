import asyncpg

from fluxo_chassis.resilience import CircuitOpen, demoted, recognises_unavailable

_UNAVAILABLE = (
    OSError,  # refused, reset, unknown host; TimeoutError is one too
    CircuitOpen,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.InternalClientError,  # the server cut a connection, and asyncpg had not noticed yet
)

_CLOSED_UNDER_US = ("clos", "connection has been released back to the pool")


@recognises_unavailable
def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used now, rather than that the statement is wrong."""
    if isinstance(error, _UNAVAILABLE) or getattr(error, "sqlstate", None) in demoted.POSTGRES:
        return True
    # asyncpg has one class for a connection closed under us, which a pool takes back, and for a mistake of ours.
    return isinstance(error, asyncpg.InterfaceError) and any(sign in str(error) for sign in _CLOSED_UNDER_US)
