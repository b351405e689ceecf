"""Every address that there is, and what happens around a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fluxo_chassis.health import Health, health_routes
from fluxo_chassis.http.can_wait import PROBES, CanWait
from fluxo_chassis.http.cors import Cors
from fluxo_chassis.http.middleware import FILES_IN_FORMS, FORMS, Middleware
from fluxo_chassis.http.request_log import RequestLog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware as Layer
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxo_dashboard.language.languages import language_of
from fluxo_dashboard.pages import (
    api_keys,
    books,
    cash_book,
    close_day,
    consolidated,
    entries,
    entry,
    import_preview,
    imports,
    live,
    record_entry,
    reverse_entry,
    sign_in,
    today,
    used_categories,
)
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.own_address import only_at_own_address
from fluxo_dashboard.web.static_files import PATH, StaticFiles
from fluxo_dashboard.web.visit import CALLBACK, refused_page

ANSWER_WITHIN_S: Final = 8.0
"""A page asks the services, each at most twice (`services/client.py`)."""

_WITHIN_S: Final = {
    imports.PATH: 15.0,
    cash_book.PATH: cash_book.WITHIN_S + 1.0,
    close_day.PATH: close_day.WITHIN_S + 2.0,
}

BODY_LIMIT_BYTES: Final = 65_536

STATIC_PRICE: Final = 0.1
"""Of a file that a browser keeps for ever, where any other answer to who is not signed in is 1: a page has several."""


def create_dashboard_app(desk: Desk, *, health: Health, static: StaticFiles) -> Starlette:
    """Return the pages with logs, metrics, traces, limits and health around them."""
    account = RequestLog()

    @asynccontextmanager
    async def watched(_app: Starlette) -> AsyncIterator[None]:
        async with health.monitoring():
            yield
        account.settle()

    def edge(app: ASGIApp) -> ASGIApp:
        around = Middleware(
            only_at_own_address(app, desk),
            account,
            cors=Cors(()),
            body_types=FORMS,
            body_limit_bytes=BODY_LIMIT_BYTES,
            body_limits={imports.PATH: imports.BODY_BYTES_MAX},
            body_types_of={imports.PATH: FILES_IN_FORMS},
            answer_within_s=lambda scope: _WITHIN_S.get(scope["path"], ANSWER_WITHIN_S),
            can_wait=CanWait({**PROBES, PATH: STATIC_PRICE}),
        )

        async def only_http(scope: Scope, receive: Receive, send: Send) -> None:
            await (around if scope["type"] == "http" else app)(scope, receive, send)

        return only_http

    app = Starlette(
        routes=[*pages(static), *health_routes(health, before_scrape=account.settle)],
        lifespan=watched,
        middleware=[Layer(edge)],
        exception_handlers={HTTPException: _on_http_exception},
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    return app


def pages(static: StaticFiles) -> list[Route]:
    """Return what people see; health and metrics are for operators."""
    return [
        Route("/", today.page),
        Route("/today/balance", today.balance_part),
        Route("/today/latest", today.latest_part),
        Route("/today/categories", used_categories.part),
        Route("/consolidated", consolidated.page),
        Route("/live", live.live),
        Route("/entries", entries.page, methods=["GET"]),
        Route("/entries", record_entry.record, methods=["POST"]),
        Route("/entries/{id}", entry.page),
        Route("/entries/{id}/reversal", entry.reversal_part),
        Route("/entries/{id}/reverse", reverse_entry.form, methods=["GET"]),
        Route("/entries/{id}/reverse", reverse_entry.reverse, methods=["POST"]),
        Route("/entries/{id}/state", record_entry.state),
        Route("/imports", imports.page, methods=["GET"]),
        Route("/imports", imports.upload, methods=["POST"]),
        Route("/imports/{id}", import_preview.page),
        Route("/imports/{id}/confirm", import_preview.confirm, methods=["POST"]),
        Route("/imports/{id}/failed-lines", import_preview.failed_lines),
        Route("/imports/{id}/remove", imports.remove, methods=["POST"]),
        Route(books.PATH, books.page),
        Route(cash_book.PATH, cash_book.download),
        Route(close_day.PATH, close_day.close, methods=["POST"]),
        Route(close_day.PATH + "/{date}/reopen", close_day.reopen, methods=["POST"]),
        Route("/keys", api_keys.page, methods=["GET"]),
        Route("/keys", api_keys.create, methods=["POST"]),
        Route("/keys/{id}/revoke", api_keys.confirm, methods=["GET"]),
        Route("/keys/{id}/revoke", api_keys.revoke, methods=["POST"]),
        Route("/sign-in", sign_in.sign_in),
        Route("/sign-in/start", sign_in.start),
        Route(CALLBACK, sign_in.callback),
        Route("/sign-in/link/{link}", sign_in.open_link),
        Route("/sign-out", sign_in.sign_out, methods=["POST"]),
        Route("/language", sign_in.choose_language, methods=["POST"]),
        Route(PATH + "/{name}", static.serve),
    ]


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    desk: Desk = request.app.state.desk
    return refused_page(desk, language_of(request), error.status_code)
