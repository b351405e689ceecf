"""A provider that does as the specifications say, until a test turns something."""

import asyncio
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from fluxo_dashboard.sign_in.provider import Provider
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.harness.sign_in import CALLBACK, Browser, Dashboard

ISSUER = "https://id.example"
CLIENT, SECRET = "fluxo-dashboard", "a secret that only the two know"
LIFE_S = 300
KEY = RSAKey.generate_key(2048, {"kid": "first"})


class FakeProvider:
    """Gives codes, tokens and new tokens as RFC 6749, 7636, 7009 and OpenID Connect say; a test turns what is wrong."""

    def __init__(self):
        self.claims = {"sub": "ana", "name": "Ana Souza", "merchant_id": "loja-1", "role": "owner"}
        self.id_claims, self.access_claims, self.metadata = {}, {}, {}
        self.key, self.algorithm = KEY, "RS256"
        self.gives_id_token = self.gives_refresh_token = self.takes_a_refresh_token_once = True
        self.error, self.is_down, self.padding = None, False, ""
        self.codes, self.alive, self.revoked, self.renewals, self.redemptions = {}, set(), [], 0, 0
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
        self.redemptions += 1
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


class BrowserOfOne(Browser):
    """Signs in at the provider by itself."""

    def __init__(self, dashboard, provider):
        super().__init__(dashboard)
        self.provider = provider

    async def sign_in(self, wanted="/"):
        return await self.come_back(self.provider.sign_in(await self.start(wanted)))


def _dashboard(provider):
    scopes = "openid profile offline_access"
    return Dashboard(
        Provider(ISSUER, CLIENT, SECRET, scopes=scopes, redirect_uri=CALLBACK, transport=provider.transport)
    )


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def dashboard(provider):
    return _dashboard(provider)


@pytest.fixture
def browser(dashboard, provider):
    return BrowserOfOne(dashboard, provider)


@pytest.fixture
def another_process(provider):
    return lambda: _dashboard(provider)


@pytest.fixture
def another_browser(dashboard, provider):
    return lambda: BrowserOfOne(dashboard, provider)
