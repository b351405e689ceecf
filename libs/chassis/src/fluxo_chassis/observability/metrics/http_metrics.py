"""Prometheus metrics of this process, on the client library's default registry."""

import asyncio
from collections.abc import Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

EVERY_S: Final = 0.1

DURATION_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

http_request_duration_seconds = Histogram(
    "http_request_duration_seconds",
    "Time from the first byte of a request to the last byte of its answer.",
    ["method", "route", "status"],
    buckets=DURATION_BUCKETS_SECONDS,
)


class Scrapes:
    """Every metric of this process in Prometheus' text format, as it is when one asks or a moment later.

    The text takes as long as thirty requests, and so is made ten times a second at most: who asks meanwhile shares it.
    """

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before
        self._next_at = float("-inf")
        self._made: asyncio.Task[bytes] | None = None

    async def answer(self, _request: Request) -> Response:
        if self._made is None:
            self._made = asyncio.create_task(self._make(), name="metrics")
        return Response(await asyncio.shield(self._made), media_type=CONTENT_TYPE_LATEST)

    async def _make(self) -> bytes:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next_at - loop.time()))
        # Whoever asks from now on may have changed something that this text would not hold.
        self._made, self._next_at = None, loop.time() + EVERY_S
        self._before()
        return generate_latest()
