"""Whether a request that changes something was made by our own pages (CSRF)."""

from starlette.requests import Request

from fluxo_dashboard.sign_in.session import Session, SessionCookie


def is_same_site(request: Request, own_origin: str) -> bool:
    """What the browser itself says of the page that sent it; every browser of today sends one of the two."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") == own_origin


async def is_own_form(request: Request, cookie: SessionCookie, session: Session) -> bool:
    """Whether it carries what the session's forms carry."""
    token = request.headers.get("x-form-token") or (await request.form()).get("form_token")
    return isinstance(token, str) and cookie.is_form_token(session, token)


def is_of_another_session(request: Request, cookie: SessionCookie, session: Session) -> bool:
    """Whether a page asks that was opened by somebody else in this browser: it must not show this one's figures."""
    token = request.headers.get("x-form-token")
    return token is not None and not cookie.is_form_token(session, token)
