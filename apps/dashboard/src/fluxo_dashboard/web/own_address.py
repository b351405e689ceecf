"""Pages are shown under one address: a name of somebody else's that leads here (DNS rebinding) gets nothing."""

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxo_dashboard.language.languages import language_of
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.static_files import PATH
from fluxo_dashboard.web.visit import refused_page

_FOR_ANY_HOST: Final = ("/health", "/metrics", PATH + "/")
"""Probes come to the address of a pod; what is static is public."""

_THIS_MACHINE: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?\Z")
_OWN_PORT: Final = {"http": 80, "https": 443}


def only_at_own_address(app: ASGIApp, desk: Desk) -> ASGIApp:
    """Answer 421 with the right address to whoever asks under another `Host`.

    It is no redirect: behind a proxy that does not pass `Host` on, that would lead here again and again. Only on one's
    own machine, where `localhost` is typed for `127.0.0.1`, pages lead on by themselves.
    """
    own = urlsplit(desk.origin)
    names = {own.netloc} if own.port else {own.netloc, f"{own.netloc}:{_OWN_PORT[own.scheme]}"}

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        host = request.headers.get("host", "").lower()
        if scope["type"] != "http" or host in names or scope["path"].startswith(_FOR_ANY_HOST):
            await app(scope, receive, send)
        elif request.method == "GET" and _THIS_MACHINE.match(own.netloc) and _THIS_MACHINE.match(host):
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{desk.origin}{scope['path']}?{query}".rstrip("?"), 307)(scope, receive, send)
        else:
            await refused_page(desk, language_of(request), 421)(scope, receive, send)

    return checked
