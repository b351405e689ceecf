"""A connection on which the server tells what has changed (client-side caching)."""

from collections.abc import Callable, Sequence
from typing import Any

from fluxo_chassis.redis import RedisConnection, open_connection

Invalidated = Callable[[Sequence[bytes] | None], None]
"""Told which keys have changed; None stands for all of them."""


async def open_tracked(
    url: str, *, timeout_s: float, on_invalidated: Invalidated, on_lost: Callable[[], None]
) -> RedisConnection:
    """Return a connection that tracks already.

    The server tells on it of the next change of each key that was read on it on request: by `CLIENT CACHING YES`, which
    holds for the command after it. On a connection that is silent no change is heard; a command without a reply in
    `timeout_s` ends it.

    Raises:
        OSError: there is no connection. (TimeoutError is one.)
        ResponseError: the server refuses it, or knows neither RESP3 nor tracking.
    """

    def hear(push: Sequence[Any]) -> None:
        if push[0] == b"invalidate":
            on_invalidated(push[1])

    connection = await open_connection(url, timeout_s=timeout_s, on_push=hear, on_lost=on_lost)
    try:
        await connection.ask("CLIENT", "TRACKING", "ON", "OPTIN")
    except BaseException:
        connection.abort()
        raise
    return connection
