from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fluxo_chassis.health.monitor import Health
from fluxo_chassis.observability.metrics.http_metrics import Scrapes

HEALTH_MEDIA_TYPE = "application/health+json"


def health_routes(health: Health, before_scrape: Callable[[], None] = lambda: None) -> list[Route]:
    """`/health/live`, `/health/ready`, `/health` and `/metrics`; each answers at once, from what was seen last."""

    async def live(_request: Request) -> Response:
        return _answer(200, {"status": "pass"})

    async def ready(_request: Request) -> Response:
        return _answer(200, {"status": "pass"}) if health.is_ready() else _answer(503, {"status": "fail"})

    async def report(_request: Request) -> Response:
        body = health.report()
        return _answer(503 if body["status"] == "fail" else 200, body)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/health", report),
        Route("/metrics", Scrapes(before_scrape).answer),
    ]


def health_app(health: Health) -> Starlette:
    """The whole HTTP side of a worker."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with health.monitoring():
            yield

    return Starlette(routes=health_routes(health), lifespan=lifespan)


def _answer(status: int, body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body, default=str), status, {"Cache-Control": "no-store"}, HEALTH_MEDIA_TYPE)
