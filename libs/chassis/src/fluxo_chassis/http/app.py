"""The HTTP application every service starts from."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health, health_routes
from fluxo_chassis.http.cors import Cors
from fluxo_chassis.http.docs import install_docs
from fluxo_chassis.http.errors import install_error_handlers
from fluxo_chassis.http.fast.direct import DirectRoutes
from fluxo_chassis.http.json_in_turns import Pause, a_turn
from fluxo_chassis.http.middleware import FILES, Middleware
from fluxo_chassis.http.openapi import install_openapi
from fluxo_chassis.http.request_log import RequestLog
from fluxo_chassis.resilience import Bulkhead

BODY_LIMIT_BYTES = 65_536

ANSWER_WITHIN_S = 1.5
"""Many times what any request takes, and so much under two seconds that giving up still fits in."""

OPERATIONS = """

Errors are RFC 9457 problem details. For operators: `/health/live`, `/health/ready`, `/health` and `/metrics`."""


class _Application(FastAPI):
    """The framework's application behind what happens around every request."""

    edge: Middleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.edge(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Leave the framework's last resort for errors out: the edge is ours, and it must still find nothing sent."""
        stack = super().build_middleware_stack()
        return stack.app if isinstance(stack, ServerErrorMiddleware) else stack


def create_app(
    *,
    title: str,
    version: str,
    description: str,
    health: Health,
    development_port: int = 8000,
    verifier: TokenVerifier | None = None,
    cors_origins: Sequence[str] = (),
    body_limit_bytes: int = BODY_LIMIT_BYTES,
    body_limits: Mapping[str, int] | None = None,
    files: Collection[str] = (),
    turns: Mapping[str, Bulkhead] | None = None,
    pause: Pause = a_turn,
    answer_within_s: Callable[[Scope], float] = lambda _scope: ANSWER_WITHIN_S,
) -> FastAPI:
    """An application with request ids, traces, access log, metrics, limits, problem details and health.

    `development_port` is where it listens by default. Pages of `cors_origins` may call it from a browser. `body_limits`
    gives paths a limit of their own, in bytes; `files` are paths whose body is a file of whatever type; `turns` gives
    routes' paths what lets a request in before its body is read, and holds its slot until there is an answer. `pause`
    comes between two slices of a long body's parsing. A request whose answer has not begun within `answer_within_s` is
    given up with 503.
    """

    @asynccontextmanager
    async def watched(_app: FastAPI) -> AsyncIterator[None]:
        async with health.monitoring():
            yield
        account.settle()

    account = RequestLog()
    app = _Application(
        title=title,
        version=version,
        description=description + OPERATIONS,
        servers=[
            {"url": "/", "description": "Where this document is served."},
            {"url": f"http://127.0.0.1:{development_port}", "description": "On a developer's machine."},
        ],
        lifespan=watched,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.verifier = verifier
    app.state.rate_limits = None
    app.state.turns = turns or {}
    app.state.pause = pause
    app.state.account = account
    app.state.cors = Cors(cors_origins)
    for route in health_routes(health, before_scrape=account.settle):
        app.add_api_route(route.path, route.endpoint, methods=list(route.methods or ()), include_in_schema=False)
    app.edge = Middleware(
        DirectRoutes(app, super(_Application, app).__call__),
        account,
        cors=app.state.cors,
        body_limit_bytes=body_limit_bytes,
        body_limits=body_limits or {},
        body_types_of=dict.fromkeys(files, FILES),
        answer_within_s=answer_within_s,
    )
    install_error_handlers(app)
    install_openapi(app)
    install_docs(app)
    return app
