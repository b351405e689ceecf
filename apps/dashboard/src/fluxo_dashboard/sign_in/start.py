"""Between *Sign in* and the provider's answer: what the browser keeps that went, and must come back with the answer."""

import time
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Final, Self

from starlette.requests import Request
from starlette.responses import Response

from fluxo_dashboard.sign_in.sealed import Seal

START_S_MAX: Final = 600


@dataclass(frozen=True, slots=True)
class Start:
    """`state` binds the answer to this browser, `nonce` the ID token to the question, `verifier` the code to us (PKCE).

    `wanted` is the page of ours that the person comes back to; `ends_at` in epoch seconds.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    wanted: str
    ends_at: float

    @classmethod
    def towards(cls, wanted: str) -> Self:
        return cls(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), wanted, time.time() + START_S_MAX)


class StartCookie:
    """Sent with what comes from the provider (SameSite=Lax: a link from another site), removed when it came."""

    def __init__(self, key: str, *, is_behind_tls: bool) -> None:
        self._seal = Seal(key, b"start")
        self._secure = is_behind_tls
        self.name = "__Host-fluxo_start" if is_behind_tls else "fluxo_start"

    def read(self, request: Request) -> Start | None:
        start = self._seal.open(request.cookies.get(self.name, ""), Start)
        return start if start is not None and time.time() < start.ends_at else None

    def write(self, response: Response, start: Start) -> None:
        sealed = self._seal.close(start)
        response.set_cookie(self.name, sealed, max_age=START_S_MAX, httponly=True, samesite="lax", secure=self._secure)

    def remove(self, response: Response) -> None:
        response.delete_cookie(self.name, httponly=True, samesite="lax", secure=self._secure)
