"""A provider, the dashboard and browsers, all in this process: every byte goes over HTTP, none over a network."""

import asyncio
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
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
from fluxo_dashboard.web.static_files import StaticFiles
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ORIGIN = "https://fluxo.example"
ISSUER = "https://id.example"
CLIENT, SECRET = "fluxo-dashboard", "a secret that only the two know"
LIFE_S = 300
SESSION_KEY = "k" * 32
KEY = RSAKey.generate_key(2048, {"kid": "first"})
STATIC = StaticFiles()


class FakeProvider:
    """Gives codes, tokens and new tokens as RFC 6749, 7636, 7009 and OpenID Connect say; a test turns what is wrong."""

    def __init__(self):
        self.claims = {"sub": "ana", "name": "Ana Souza", "merchant_id": "loja-1", "role": "owner"}
        self.id_claims, self.access_claims, self.metadata = {}, {}, {}
        self.key, self.algorithm = KEY, "RS256"
        self.gives_id_token = self.gives_refresh_token = self.takes_a_refresh_token_once = True
        self.error, self.is_down, self.padding = None, False, ""
        self.codes, self.alive, self.revoked, self.renewals = {}, set(), [], 0
        self.may_renew, self.is_asked = asyncio.Event(), asyncio.Event()
        self.may_renew.set()
        routes = [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
        ]
        self._answers = httpx2.ASGITransport(Starlette(routes=routes))

    @property
    def transport(self):
        provider = self

        class Transport(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request):
                if provider.is_down:
                    raise httpx2.ConnectError("nobody listens")
                return await provider._answers.handle_async_request(request)

        return Transport()

    def sign_in(self, address):
        """What the browser is sent back with, once the person has said who they are."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{ISSUER}/authorize?")
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def _configuration(self, _request):
        usual = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "revocation_endpoint": f"{ISSUER}/revoke",
            "end_session_endpoint": f"{ISSUER}/end",
        }
        return JSONResponse({name: value for name, value in (usual | self.metadata).items() if value is not None})

    async def _keys(self, _request):
        return JSONResponse(KeySet([KEY]).as_dict(private=False))

    async def _token(self, request):
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        assert request.headers["authorization"].startswith("Basic ")
        if form["grant_type"] == "refresh_token":
            self.renewals += 1
            self.is_asked.set()
            await self.may_renew.wait()
        if self.error is not None:
            return JSONResponse({"error": self.error}, 400)
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.alive:
                return JSONResponse({"error": "invalid_grant"}, 400)
            if self.takes_a_refresh_token_once:
                self.alive.discard(form["refresh_token"])
            return JSONResponse(self._tokens({}))
        asked = self.codes.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if proof != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(self._tokens({"nonce": asked["nonce"]}))

    def _tokens(self, more):
        now = int(time.time())
        times = {"iss": ISSUER, "iat": now, "exp": now + LIFE_S}
        access = self.signed(times | {"aud": "fluxo", "jti": token_urlsafe(8)} | self.claims | self.access_claims, KEY)
        tokens = {"access_token": access, "token_type": "Bearer", "expires_in": LIFE_S}
        if self.gives_id_token:
            id_claims = times | {"aud": CLIENT} | self.claims | more | self.id_claims
            tokens["id_token"] = self.signed(id_claims, self.key, self.algorithm)
        if self.gives_refresh_token:
            tokens["refresh_token"] = token_urlsafe(12) + self.padding
            self.alive.add(tokens["refresh_token"])
        return tokens

    def signed(self, claims, key, algorithm="RS256"):
        known = {name: value for name, value in claims.items() if value is not None}
        registry = JWSRegistry(algorithms=["RS256", "RS512", "HS256", "none"])
        return jwt.encode({"alg": algorithm, "kid": "first"}, known, key, registry=registry)

    async def _revoke(self, request):
        (token,) = parse_qs((await request.body()).decode())["token"]
        self.revoked.append(token)
        self.alive.discard(token)
        return Response()


class Dashboard:
    """One process of it; `tokens_seen` is what the entries service was asked with."""

    def __init__(self, provider):
        self.tokens_seen = []
        entries = ServiceClient("entries", "http://entries", transport=httpx2.MockTransport(self._entries))
        balances = ServiceClient("balances", "http://balances", transport=httpx2.MockTransport(_away))
        self.provider = Provider(
            ISSUER,
            CLIENT,
            SECRET,
            scopes="openid profile offline_access",
            redirect_uri=f"{ORIGIN}/sign-in/callback",
            transport=provider.transport,
        )
        start = StartCookie(SESSION_KEY, is_behind_tls=True)
        tokens = OpenIdConnect(self.provider, start, signed_out_at=f"{ORIGIN}/sign-in")
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
        if request.url.path == "/v1/merchant":
            return httpx2.Response(200, json={"name": "Loja", "currency": "BRL", "time_zone": "America/Sao_Paulo"})
        return httpx2.Response(200, json={"items": []})


def _away(_request):
    return httpx2.Response(503, json={})


class Browser:
    """Keeps cookies, follows nothing by itself, and says of what it sends that a page of the dashboard made it."""

    def __init__(self, dashboard, provider):
        self.provider = provider
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

    async def sign_in(self, wanted="/"):
        return await self.come_back(self.provider.sign_in(await self.start(wanted)))

    async def come_back(self, answer):
        return await self.get("/sign-in/callback", params=answer)

    @property
    def session(self):
        return self.http.cookies["__Host-fluxo_session"]


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def dashboard(provider):
    return Dashboard(provider)


@pytest.fixture
def browser(dashboard, provider):
    return Browser(dashboard, provider)


@pytest.fixture
def another_process(provider):
    return lambda: Dashboard(provider)


@pytest.fixture
def another_browser(dashboard, provider):
    return lambda: Browser(dashboard, provider)
