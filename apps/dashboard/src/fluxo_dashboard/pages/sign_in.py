"""Signing in and out, and the language."""

from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxo_dashboard.language.languages import COOKIE, LANGUAGES, language_of
from fluxo_dashboard.services.client import ServiceUnavailableError
from fluxo_dashboard.sign_in.development import DevelopmentIssuer, LinkRefusedError
from fluxo_dashboard.sign_in.openid import OpenIdConnect
from fluxo_dashboard.sign_in.origin import is_same_site
from fluxo_dashboard.sign_in.refusals import Reason, SignInRefusedError
from fluxo_dashboard.sign_in.sealed import TooLargeError
from fluxo_dashboard.sign_in.session import Session
from fluxo_dashboard.sign_in.start import Start
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.headers import add_page_headers
from fluxo_dashboard.web.visit import SIGN_IN, own_path, refused_page

log = structlog.get_logger(__name__)

_YEAR_S = 365 * 24 * 60 * 60


async def sign_in(request: Request) -> Response:
    """Show how to sign in; whoever is signed in already goes on to where they wanted to be."""
    desk: Desk = request.app.state.desk
    wanted = own_path(request.query_params.get("next"))
    if desk.cookie.read(request) is not None:
        return RedirectResponse(wanted, 303)
    return _page(desk, request, wanted=wanted)


async def start(request: Request) -> Response:
    """Send the browser to the provider."""
    desk: Desk = request.app.state.desk
    if not isinstance(desk.tokens, OpenIdConnect):
        return refused_page(desk, language_of(request), 404)
    begun = Start.towards(own_path(request.query_params.get("next")))
    try:
        response = RedirectResponse(await desk.tokens.address_of(begun), 303)
        desk.tokens.start.write(response, begun)
    except ServiceUnavailableError:
        return _refused(desk, request, 503, "unavailable", begun.wanted)
    except TooLargeError:  # a very long address was wanted
        return RedirectResponse(f"{SIGN_IN}/start", 303)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response


async def callback(request: Request) -> Response:
    """Take the provider's answer: a session, or a page that says why there is none and where to try again."""
    desk: Desk = request.app.state.desk
    if not isinstance(desk.tokens, OpenIdConnect):
        return refused_page(desk, language_of(request), 404)
    begun = desk.tokens.start.read(request)
    wanted = "/" if begun is None else begun.wanted
    try:
        session = await desk.tokens.session_for(request.query_params, begun)
        response = await _signed_in(desk, request, session, wanted)
    except SignInRefusedError as refused:
        if refused.reason == "used":  # what this browser began, if that was something else, goes on
            if desk.cookie.read(request) is not None:
                return RedirectResponse("/", 303)  # Back, after it worked
            return _refused(desk, request, 403, refused.reason, wanted)
        response = _refused(desk, request, 403, refused.reason, wanted)
    except ServiceUnavailableError:
        response = _refused(desk, request, 503, "unavailable", wanted)
    except TooLargeError as error:
        log.warning("nobody can sign in: the provider's tokens are too large for a cookie", reason=str(error))
        response = _refused(desk, request, 500, "too-large", wanted)
    desk.tokens.start.remove(response)
    return response


async def open_link(request: Request) -> Response:
    """Sign in by the one-time link of the development issuer."""
    desk: Desk = request.app.state.desk
    if not isinstance(desk.tokens, DevelopmentIssuer):
        return refused_page(desk, language_of(request), 404)
    try:
        session = desk.tokens.session_for(request.path_params["link"], request)
    except LinkRefusedError:
        return _page(desk, request, 403, link_was_refused=True)
    return await _signed_in(desk, request, session, own_path(request.query_params.get("next")))


async def sign_out(request: Request) -> Response:
    """End the session, here and at the provider."""
    desk: Desk = request.app.state.desk
    if not is_same_site(request, desk.origin):
        return refused_page(desk, language_of(request), 403)
    session = desk.cookie.read(request)
    leads_to = None if session is None else await desk.tokens.end(session)
    if leads_to is None:
        response: Response = RedirectResponse(SIGN_IN, 303)
        add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    else:
        # A page and no redirect: `form-action` forbids that a form of ours ends at another site.
        response = _html(desk, request, "signed_out.html", 200, leads_to=leads_to)
    desk.cookie.remove(response)
    response.headers["Clear-Site-Data"] = '"storage"'  # drafts are the person's, not the machine's
    return response


async def choose_language(request: Request) -> Response:
    """Remember a language for a year and go back to the page."""
    desk: Desk = request.app.state.desk
    if not is_same_site(request, desk.origin):
        return refused_page(desk, language_of(request), 403)
    form = await request.form()
    code = form.get("language")
    response = RedirectResponse(own_path(str(form.get("next", "/"))), 303)
    if code in LANGUAGES:
        response.set_cookie(
            COOKIE, str(code), max_age=_YEAR_S, httponly=True, samesite="lax", secure=desk.is_behind_tls
        )
    return response


async def _signed_in(desk: Desk, request: Request, session: Session, wanted: str) -> Response:
    response = RedirectResponse(wanted, 303)
    try:
        desk.cookie.write(response, session)
    except TooLargeError:
        await desk.tokens.end(session)
        raise
    if (before := desk.cookie.read(request)) is not None:
        await desk.tokens.end(before)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response


def _page(desk: Desk, request: Request, status: int = 200, **context: Any) -> Response:
    shown = {"wanted": "/", "link_was_refused": False, "refused": None, **context}
    by_link = isinstance(desk.tokens, DevelopmentIssuer)
    return _html(desk, request, "sign_in.html", status, by_link=by_link, **shown)


def _refused(desk: Desk, request: Request, status: int, reason: Reason, wanted: str) -> Response:
    return _page(desk, request, status, refused=reason, wanted=wanted)


def _html(desk: Desk, request: Request, template: str, status: int, **context: Any) -> Response:
    html = desk.templates.render(template, language_of(request), path=SIGN_IN, **context)
    response = HTMLResponse(html, status)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response
