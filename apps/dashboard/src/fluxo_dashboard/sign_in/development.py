"""Signing in on one's own machine: by a link that `fluxo open` makes beside the development issuer's key.

The link works once, for ten minutes, from this machine, as notebooks do it. There is no provider to ask for tokens: the
dashboard signs them itself. Production refuses all of this.
"""

import time
import uuid
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from fluxo_chassis.settings import DEVELOPMENT_ISSUER
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request

from fluxo_dashboard.services.client import SignedOutError
from fluxo_dashboard.sign_in.ended import Ended
from fluxo_dashboard.sign_in.session import Session, new_session

API_AUDIENCE: Final = "fluxo"
LINK_S_MAX: Final = 600
TOKEN_S: Final = 600
_RENEW_BEFORE_S: Final = 60
_TOKENS_MAX: Final = 1_000
_SCOPES: Final = ("entries:read", "entries:write", "balances:read", "api-keys:manage", "days:close", "days:manage")


class LinkRefusedError(Exception):
    """The link was used, is too old, was altered or comes from elsewhere."""


class DevelopmentIssuer:
    """Opens sessions for links, once for each, and signs the tokens of those sessions."""

    def __init__(self, directory: Path) -> None:
        # Once: to read a private key is to check its primes.
        read = RSAKey.import_key((directory / "private-key.pem").read_bytes())
        self._key = RSAKey(read.raw_value, read.raw_value, {"kid": read.thumbprint()})
        self._links = directory / "links"
        self._tokens: dict[str, tuple[float, str]] = {}
        self._ended = Ended()

    def session_for(self, code: str, request: Request) -> Session:
        """Open the link with this code.

        Raises:
            LinkRefusedError: it is not good, or not any more.
        """
        if request.client is None or not ip_address(request.client.host).is_loopback:
            raise LinkRefusedError
        link = self._links / sha256(code.encode()).hexdigest()
        try:
            age_s = time.time() - link.stat().st_mtime
            merchant_id = link.read_text()
            # Who removes it has used it: of two at once one finds nothing to remove.
            link.unlink()
        except FileNotFoundError:
            raise LinkRefusedError from None
        if age_s > LINK_S_MAX:
            raise LinkRefusedError
        return new_session(merchant_id, subject="developer", role="owner", name=merchant_id)

    async def token_of(self, session: Session) -> str:
        """Return a token of ten minutes, the same one for the first nine.

        Raises:
            SignedOutError: the session ended.
        """
        if session.id in self._ended:
            raise SignedOutError
        now = time.time()
        known_until, token = self._tokens.get(session.id, (0.0, ""))
        if now < known_until - _RENEW_BEFORE_S:
            return token
        claims = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": API_AUDIENCE,
            "sub": session.subject,
            "merchant_id": session.merchant_id,
            "scope": " ".join(_SCOPES),
            "role": session.role,
            "iat": int(now),
            "exp": int(now) + TOKEN_S,
            "jti": str(uuid.uuid4()),
        }
        token = jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._key.kid}, claims, self._key)
        if len(self._tokens) >= _TOKENS_MAX:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[session.id] = (now + TOKEN_S, token)
        return token

    def renewed(self, _session: Session) -> Session | None:
        return None

    async def end(self, session: Session) -> str | None:
        self._ended.add(session.id, session.ends_at)
        self._tokens.pop(session.id, None)
        return None
