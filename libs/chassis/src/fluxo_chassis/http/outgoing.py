"""Asking others over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2


@contextmanager
def reset_is_connect_error() -> Iterator[None]:
    """Around whatever asks: a connection that is reset while it opens is a `ConnectError`, as it is on asyncio's loop.

    On uvloop such a connection has no socket any more when the client looks at it, which is an `AttributeError` there
    (httpx2 2.16.2, anyio 4.16.0, uvloop 0.23.0; findings/httpx2-reset-connection-is-an-attribute-error.sh). It happens
    when a process is killed that others are about to ask.
    """
    try:
        yield
    except AttributeError as error:
        if error.name != "getpeername":
            raise
        raise httpx2.ConnectError("the connection was reset while it opened") from error
