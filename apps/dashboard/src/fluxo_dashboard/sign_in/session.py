"""A session is what an encrypted cookie holds: nothing of it is stored here, and nobody but this key reads it."""

import hmac
import time
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

import msgspec
from fluxo_chassis.auth.bearer import READ_ONLY_ROLE
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import Response

SESSION_S_MAX: Final = 12 * 60 * 60
"""After so long a person signs in again, whatever the provider would say."""

_HEADER: Final = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
_COOKIE_BYTES_MAX: Final = 3_800
"""Browsers keep 4,096 bytes a cookie, its name and attributes included."""


@dataclass(frozen=True, slots=True)
class Session:
    """One person at one browser. `ends_at` in epoch seconds; `refresh_token` is None for the development issuer."""

    id: str
    merchant_id: str
    subject: str
    role: str
    name: str
    ends_at: float
    refresh_token: str | None = None

    @property
    def may_write(self) -> bool:
        return self.role != READ_ONLY_ROLE


def new_session(
    merchant_id: str, subject: str, role: str, *, name: str = "", refresh_token: str | None = None
) -> Session:
    """Return a session under an id that nobody has seen: whoever signs in gets another one than before."""
    ends_at = time.time() + SESSION_S_MAX
    return Session(token_urlsafe(24), merchant_id, subject, role, name, ends_at, refresh_token)


class SessionCookie:
    """Writes and reads the cookie (JWE: direct encryption, A256GCM), and knows what a form of its session carries."""

    def __init__(self, key: str, *, is_behind_tls: bool) -> None:
        self._key = OctKey.import_key(sha256(b"cookie" + key.encode()).digest())
        self._csrf_key = sha256(b"csrf" + key.encode()).digest()
        self._secure = is_behind_tls
        # The prefix makes a browser refuse it from another host, or without TLS.
        self.name = "__Host-fluxo_session" if is_behind_tls else "fluxo_session"

    def read(self, request: Request) -> Session | None:
        """Return the session that the request brings; None without one, and for one that ended or was tampered with."""
        cookie = request.cookies.get(self.name)
        if not cookie:
            return None
        try:
            content = jwe.decrypt_compact(cookie, self._key).plaintext
            session = msgspec.json.decode(content or b"", type=Session)
        except (JoseError, ValueError, msgspec.MsgspecError):
            return None
        return session if time.time() < session.ends_at else None

    def write(self, response: Response, session: Session) -> None:
        """Give the browser the session.

        Raises:
            ValueError: it is larger than browsers keep.
        """
        cookie = jwe.encrypt_compact(_HEADER, msgspec.json.encode(session), self._key)
        if len(cookie) > _COOKIE_BYTES_MAX:
            raise ValueError(f"The session takes {len(cookie)} bytes; a cookie holds {_COOKIE_BYTES_MAX}.")
        age_s = int(session.ends_at - time.time())
        response.set_cookie(self.name, cookie, max_age=age_s, httponly=True, samesite="lax", secure=self._secure)

    def remove(self, response: Response) -> None:
        response.delete_cookie(self.name, httponly=True, samesite="lax", secure=self._secure)

    def form_token(self, session: Session) -> str:
        """Return what each form of the session carries: no other site can know it (CSRF)."""
        return hmac.new(self._csrf_key, session.id.encode(), sha256).hexdigest()

    def is_form_token(self, session: Session, token: str) -> bool:
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())
