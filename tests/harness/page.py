"""The page over services in memory, for who is signed in already."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fluxo_chassis.health import Health
from fluxo_dashboard.app import create_dashboard_app
from fluxo_dashboard.live.changes import Changes
from fluxo_dashboard.services.client import ServiceClient
from fluxo_dashboard.services.merchants import Merchants
from fluxo_dashboard.sign_in.session import Session, SessionCookie
from fluxo_dashboard.sign_in.tokens import AccessTokens
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.rendering import Templates
from fluxo_dashboard.web.static_files import StaticFiles
from starlette.applications import Starlette

ORIGIN = "http://fluxo"
COOKIE = SessionCookie("k" * 32, is_behind_tls=False)
STATIC = StaticFiles()


class Service(httpx2.AsyncBaseTransport):
    """A service that may be away, and notes what it is asked: method, path and query."""

    def __init__(self, app: Starlette | None = None) -> None:
        self._transport = httpx2.ASGITransport(app) if app else None
        self.is_away = app is None
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        if self._transport is None or self.is_away:
            raise httpx2.ConnectError("away", request=request)
        return await self._transport.handle_async_request(request)


class Tokens:
    """Those that the services' fake verifiers take: whose, and for what."""

    async def token_of(self, session: Session) -> str:
        return f"{session.merchant_id}/entries:read,entries:write,balances:read,api-keys:manage,days:close,days:manage"

    def renewed(self, session: Session) -> None: ...

    async def end(self, session: Session) -> None: ...


@asynccontextmanager
async def page_over(
    *, entries: Service, balances: Service, tokens: AccessTokens | None = None
) -> AsyncIterator[Starlette]:
    tokens = tokens or Tokens()
    async with (
        ServiceClient("entries", "http://entries", transport=entries) as entries_client,
        ServiceClient("balances", "http://balances", transport=balances) as balances_client,
    ):
        desk = Desk(
            entries=entries_client,
            balances=balances_client,
            merchants=Merchants(entries_client),
            changes=Changes(balances_client, tokens),
            tokens=tokens,
            cookie=COOKIE,
            templates=Templates(STATIC.address),
            origin=ORIGIN,
            is_behind_tls=False,
        )
        yield create_dashboard_app(desk, health=Health(), static=STATIC)


def text_of(page: str) -> str:
    """Return what is read on the page or the part: without tags and without what surrounds the content."""
    main = page.partition("<main")[2].partition("</main>")[0] or page
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).replace("\xa0", " ").split())
