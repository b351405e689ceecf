"""The dashboard and browsers in this process, for whatever signs people in: what they say goes over no network."""

import httpx2
from fluxo_chassis.health import Health
from fluxo_dashboard.app import create_dashboard_app
from fluxo_dashboard.live.changes import Changes
from fluxo_dashboard.services.client import ServiceClient
from fluxo_dashboard.services.merchants import Merchants
from fluxo_dashboard.sign_in.openid import OpenIdConnect
from fluxo_dashboard.sign_in.provider import Provider
from fluxo_dashboard.sign_in.session import SessionCookie
from fluxo_dashboard.sign_in.start import StartCookie
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.rendering import Templates

from tests.harness.page import STATIC

ORIGIN = "https://fluxo.example"
CALLBACK = f"{ORIGIN}/sign-in/callback"
SESSION_COOKIE = "__Host-fluxo_session"
SESSION_KEY = "k" * 32


class Dashboard:
    """One process of it, behind TLS at `ORIGIN`; `tokens_seen` is what the entries service was asked with."""

    def __init__(self, provider: Provider, **more):
        self.tokens_seen, self.services_say = [], 200
        entries = ServiceClient("entries", "http://entries", transport=httpx2.MockTransport(self._entries))
        balances = ServiceClient("balances", "http://balances", transport=httpx2.MockTransport(_away))
        self.provider = provider
        start = StartCookie(SESSION_KEY, is_behind_tls=True)
        tokens = OpenIdConnect(provider, start, signed_out_at=f"{ORIGIN}/sign-in", **more)
        self.desk = Desk(
            entries=entries,
            balances=balances,
            merchants=Merchants(entries),
            changes=Changes(balances, tokens),
            tokens=tokens,
            cookie=SessionCookie(SESSION_KEY, is_behind_tls=True),
            templates=Templates(STATIC.address),
            origin=ORIGIN,
            is_behind_tls=True,
        )
        self.app = create_dashboard_app(self.desk, health=Health(), static=STATIC)

    def _entries(self, request):
        self.tokens_seen.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.services_say != httpx2.codes.OK:
            return httpx2.Response(self.services_say, json={"type": "/problems/x", "detail": "No."})
        if request.url.path == "/v1/merchant":
            return httpx2.Response(200, json={"name": "Loja", "currency": "BRL", "time_zone": "America/Sao_Paulo"})
        return httpx2.Response(200, json={"items": []})


def _away(_request):
    return httpx2.Response(503, json={})


class Browser:
    """Keeps cookies, follows nothing by itself, and says of what it sends that a page of the dashboard made it."""

    def __init__(self, dashboard):
        self.open(dashboard)

    def open(self, dashboard):
        """Go on with another process of the dashboard, with all cookies."""
        cookies = self.http.cookies if hasattr(self, "http") else None
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(dashboard.app),
            base_url=ORIGIN,
            cookies=cookies,
            headers={"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"},
        )

    async def get(self, path, **more):
        return await self.http.get(path, **more)

    async def post(self, path, **more):
        return await self.http.post(path, **more)

    async def start(self, wanted="/"):
        return (await self.get("/sign-in/start", params={"next": wanted})).headers["location"]

    async def come_back(self, answer):
        return await self.get("/sign-in/callback", params=answer)

    @property
    def session(self):
        return self.http.cookies[SESSION_COOKIE]
