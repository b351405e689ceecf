"""A session is what an encrypted cookie holds: nothing of it is stored here, and nobody but this key reads it."""

import hmac
import time
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from fluxo_chassis.auth.bearer import role_may
from starlette.requests import Request
from starlette.responses import Response

from fluxo_dashboard.sign_in.sealed import Seal

WRITING: Final = "entries:write"
MANAGING_KEYS: Final = "api-keys:manage"
CLOSING_DAYS: Final = "days:close"
REOPENING_DAYS: Final = "days:manage"
SESSION_S_MAX: Final = 12 * 60 * 60
"""After so long a person signs in again, whatever the provider would say."""


@dataclass(frozen=True, slots=True)
class Session:
    """One person at one browser. `ends_at` in epoch seconds.

    `refresh_token` is None for the development issuer, and for a provider that gives none: it then ends with its
    `access_token`. `renewals` counts how often it was renewed: of two copies the one with more is the newer one.
    """

    id: str
    merchant_id: str
    subject: str
    role: str
    name: str
    ends_at: float
    refresh_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    renewals: int = 0

    @property
    def may_write(self) -> bool:
        return role_may(self.role, WRITING)

    @property
    def may_manage_keys(self) -> bool:
        return role_may(self.role, MANAGING_KEYS)

    @property
    def may_close_days(self) -> bool:
        return role_may(self.role, CLOSING_DAYS)

    @property
    def may_reopen_days(self) -> bool:
        return role_may(self.role, REOPENING_DAYS)


def new_session(merchant_id: str, subject: str, role: str, *, name: str = "") -> Session:
    """Return a session under an id that nobody has seen: whoever signs in gets another one than before."""
    return Session(token_urlsafe(24), merchant_id, subject, role, name, ends_at=time.time() + SESSION_S_MAX)


class SessionCookie:
    """Writes and reads the cookie, and knows what a form of its session carries."""

    def __init__(self, key: str, *, is_behind_tls: bool) -> None:
        self._seal = Seal(key, b"cookie")
        self._csrf_key = sha256(b"csrf" + key.encode()).digest()
        self._secure = is_behind_tls
        # The prefix makes a browser refuse it from another host, or without TLS.
        self.name = "__Host-fluxo_session" if is_behind_tls else "fluxo_session"

    def read(self, request: Request) -> Session | None:
        """Return the session that the request brings; None without one, and for one that ended or was tampered with."""
        session = self._seal.open(request.cookies.get(self.name, ""), Session)
        return session if session is not None and time.time() < session.ends_at else None

    def write(self, response: Response, session: Session) -> None:
        """Give the browser the session.

        Raises:
            TooLargeError: it is larger than browsers keep.
        """
        cookie = self._seal.close(session)
        age_s = int(session.ends_at - time.time())
        response.set_cookie(self.name, cookie, max_age=age_s, httponly=True, samesite="lax", secure=self._secure)

    def remove(self, response: Response) -> None:
        response.delete_cookie(self.name, httponly=True, samesite="lax", secure=self._secure)

    def form_token(self, session: Session) -> str:
        """Return what each form of the session carries: no other site can know it (CSRF)."""
        return hmac.new(self._csrf_key, session.id.encode(), sha256).hexdigest()

    def is_form_token(self, session: Session, token: str) -> bool:
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())
