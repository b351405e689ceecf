"""OAuth 2 bearer tokens (RFC 6750): signed JWTs of one issuer, for one audience, that name a tenant; or API keys."""

import hmac
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from fluxo_chassis.auth.api_keys import PREFIX, ApiKeys, hash_of, id_of
from fluxo_chassis.auth.jwks import KEY_TYPES, JwksKeys
from fluxo_chassis.health import Observation
from fluxo_chassis.problems import Problem

__all__ = ["JwksKeys", "Principal", "TokenVerifier", "recognised"]

LEEWAY_S = 5.0
TOKEN_LENGTH_MAX = 8192
CACHE_SIZE_MAX = 10_000
CACHE_S_MAX = 30.0
REFUSED_SIZE_MAX = 256
REFUSED_S_MAX = 10.0
API_KEY_CACHE_S_MAX = 5.0
API_KEY_REFUSED_S_MAX = 1.0
"""Shorter than of a token: a key that was made a moment ago may not have come here yet."""

API_KEY_ANSWER_S_MAX = 60.0
"""Who is answered for longer, as by a stream, asks again, for the key may be revoked."""

LIFETIME_S_MAX = 7 * 86_400
"""From `iat` to `exp`, and from now to `exp`: what leaks does not open a book for years."""

TYPES = frozenset({"jwt", "at+jwt"})
"""What `typ` may say: other tokens of the issuer, such as for signing out, are signed by the same keys."""

OWNER_ROLE = "owner"
ROLES = {"": (":read", ":write"), "operator": (":read", ":write"), "accountant": (":read", ":close")}
"""How the scopes end that a role may use, beside the owner's; without a role a token, and each API key, may read and
write as its scopes say, and with one not listed here, nothing."""

_UNDECODABLE = (JoseError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_TENANT = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, and on whose behalf: `tenant` is the value of the claim that separates one customer's data.

    `expires_at`, in epoch seconds, is when the token does, and of an API key when it is to be looked at again.
    """

    tenant: str
    subject: str
    scopes: frozenset[str]
    role: str
    expires_at: float = field(default=math.inf, compare=False)

    def may(self, scope: str) -> bool:
        return scope in self.scopes and role_may(self.role, scope)


def role_may(role: str, scope: str) -> bool:
    """Whether a role may use a scope that it was given: an accountant's read and close, the owner's alone manage."""
    return role == OWNER_ROLE or scope.endswith(ROLES.get(role, ()))


_UNKNOWN: tuple[float, float, Principal | None] = (0.0, 0.0, None)


class _Registry(JWSRegistry):
    max_header_length = 4096


class TokenVerifier:
    """Checks signature, issuer, audience and time of a token; remembers a good one for half a minute at most.

    With `api_keys` it takes these keys, too, and remembers a good one for five seconds.
    """

    def __init__(
        self,
        keys: JwksKeys,
        *,
        issuer: str,
        audience: str,
        tenant_claim: str,
        api_keys: ApiKeys | None = None,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._tenant_claim = tenant_claim
        self._api_keys = api_keys
        self._registry = _Registry(algorithms=list(KEY_TYPES), strict_check_header=False)
        self._verified: dict[str, tuple[float, float, Principal]] = {}
        self._refused: dict[str, float] = {}

    async def observe(self) -> Observation:
        """Whether the issuer answers when it is asked for its keys."""
        return await self._keys.breaker.observe()

    async def verify(self, token: str) -> Principal:
        """Whom the token stands for; 401 problem when it is not good, 503 when there are no keys to check it with."""
        if (known := self.remembered(token)) is not None:
            return known
        if self._api_keys is not None and token.startswith(PREFIX):
            return await self._verify_api_key(self._api_keys, token)
        now = time.time()
        claims = await self._claims(token)
        expires_at = self._check(claims, now)
        principal = self._principal(claims, expires_at)
        self._remember(token, expires_at, CACHE_S_MAX, principal)
        return principal

    def remembered(self, token: str) -> Principal | None:
        """Whom a token stands for that was verified within the last half minute and has not expired since."""
        # Two clocks: half a minute must not become hours when somebody puts the time of day back.
        expires_at, remembered_until, principal = self._verified.get(token, _UNKNOWN)
        is_good = time.monotonic() < remembered_until and time.time() < expires_at + LEEWAY_S
        return principal if is_good else None

    def _remember(self, token: str, expires_at: float, for_s: float, principal: Principal) -> None:
        self._verified.pop(token, None)
        if len(self._verified) >= CACHE_SIZE_MAX:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = (expires_at, time.monotonic() + for_s, principal)

    async def _verify_api_key(self, api_keys: ApiKeys, token: str) -> Principal:
        key_id = id_of(token)
        if key_id is None or time.monotonic() < self._refused.get(token, 0.0):
            raise _refused_api_key()
        key, now = await api_keys.find(key_id), time.time()
        if key is None or not hmac.compare_digest(key.hash, hash_of(token)) or now >= key.expires_at:
            self._remember_refused(token, API_KEY_REFUSED_S_MAX)
            raise _refused_api_key()
        api_keys.note_use(key_id)
        looked_at_again = min(key.expires_at, now + API_KEY_ANSWER_S_MAX)
        principal = Principal(key.tenant, f"api-key:{key_id}", key.scopes, "", looked_at_again)
        # One clock gave the instant and looks at it: no leeway.
        self._remember(token, key.expires_at - LEEWAY_S, API_KEY_CACHE_S_MAX, principal)
        return principal

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise refused("The token is too long.")
        try:
            if time.monotonic() < self._refused.get(token, 0.0):
                raise refused("The token's signature is wrong.")
            signed = jws.extract_compact(token.encode("ascii"), registry=self._registry)
            header = signed.headers()
            algorithm, kid = header.get("alg"), header.get("kid")
            if algorithm not in KEY_TYPES:
                raise refused("The token's algorithm is not accepted.")
            if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in TYPES:
                raise refused("The token is of another type.")
            key = await self._keys.find(kid, algorithm)
            if key is None:
                raise refused("The token is signed with an unknown key.")
            if not jws.validate_compact(signed, key, registry=self._registry):
                self._remember_refused(token, REFUSED_S_MAX)
                raise refused("The token's signature is wrong.")
            claims = orjson.loads(signed.payload)
        except _UNDECODABLE:
            raise refused("The token is malformed or its signature is wrong.") from None
        if not isinstance(claims, dict):
            raise refused("The token is malformed.")
        return claims

    def _remember_refused(self, token: str, for_s: float) -> None:
        # Verifying it costs more than the rest of the request, and who sends it once sends it again.
        self._refused.pop(token, None)
        if len(self._refused) >= REFUSED_SIZE_MAX:
            del self._refused[next(iter(self._refused))]
        self._refused[token] = time.monotonic() + for_s

    def _check(self, claims: Mapping[str, Any], now: float) -> float:
        """When the token expires, in epoch seconds."""
        if claims.get("iss") != self._issuer:
            raise refused("The token is from another issuer.")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise refused("The token is for another audience.")
        expires_at = _instant(claims.get("exp"))
        if expires_at is None:
            raise refused("The token has no expiry.")
        if now >= expires_at + LEEWAY_S:
            raise refused("The token has expired.")
        issued_at = _instant(claims.get("iat", now))
        if issued_at is None or issued_at > now + LEEWAY_S:
            raise refused("The token is issued in the future.")
        if expires_at > min(now, issued_at) + LIFETIME_S_MAX + LEEWAY_S:
            raise refused("The token is valid for too long.")
        if "nbf" in claims:
            not_before = _instant(claims["nbf"])
            if not_before is None or now < not_before - LEEWAY_S:
                raise refused("The token is not valid yet.")
        return expires_at

    def _principal(self, claims: Mapping[str, Any], expires_at: float) -> Principal:
        tenant = claims.get(self._tenant_claim)
        if not isinstance(tenant, str) or not _TENANT.match(tenant):
            raise refused(f"The token has no valid {self._tenant_claim} claim.")
        granted = claims.get("scope", "")
        scopes = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else []
        subject, role = claims.get("sub"), claims.get("role", "")
        return Principal(
            tenant=tenant,
            subject=subject if isinstance(subject, str) else "",
            scopes=frozenset(scope for scope in scopes if isinstance(scope, str)),
            role=role if isinstance(role, str) else repr(role),
            expires_at=expires_at,
        )


def recognised(verifier: TokenVerifier, authorization: bytes, scope: str) -> Principal | None:
    """Whom the header stands for, if its token is remembered and may what `scope` says; None is no refusal."""
    if not authorization.startswith(b"Bearer "):
        return None
    principal = verifier.remembered(authorization[7:].decode("latin-1"))
    return principal if principal is not None and principal.may(scope) else None


def _instant(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]
    except OverflowError:
        return None


def _refused_api_key() -> Problem:
    return refused("The API key is unknown, expired or revoked.")


def refused(detail: str) -> Problem:
    challenge = f'Bearer error="invalid_token", error_description="{detail}"'
    return unauthenticated(detail, challenge)


def unauthenticated(detail: str, challenge: str) -> Problem:
    return Problem(401, "unauthenticated", "Not authenticated", detail, headers={"WWW-Authenticate": challenge})
