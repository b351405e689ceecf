"""Signing in and out, and the language."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxo_dashboard.language.languages import COOKIE, LANGUAGES, language_of
from fluxo_dashboard.sign_in.development import DevelopmentIssuer, LinkRefusedError
from fluxo_dashboard.sign_in.origin import is_same_site
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.headers import add_page_headers
from fluxo_dashboard.web.visit import SIGN_IN, own_path, refused_page

_YEAR_S = 365 * 24 * 60 * 60


async def sign_in(request: Request) -> Response:
    """Show how to sign in; whoever is signed in already goes on to where they wanted to be."""
    desk: Desk = request.app.state.desk
    wanted = own_path(request.query_params.get("next"))
    if desk.cookie.read(request) is not None:
        return RedirectResponse(wanted, 303)
    return _page(desk, request, wanted=wanted)


async def open_link(request: Request) -> Response:
    """Sign in by the one-time link of the development issuer."""
    desk: Desk = request.app.state.desk
    if not isinstance(desk.tokens, DevelopmentIssuer):
        return refused_page(desk, language_of(request), 404)
    try:
        session = desk.tokens.session_for(request.path_params["link"], request)
    except LinkRefusedError:
        return _page(desk, request, 403, link_was_refused=True)
    response = RedirectResponse(own_path(request.query_params.get("next")), 303)
    desk.cookie.write(response, session)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response


async def sign_out(request: Request) -> Response:
    """End the session, here and at the provider."""
    desk: Desk = request.app.state.desk
    if not is_same_site(request, desk.origin):
        return refused_page(desk, language_of(request), 403)
    response = RedirectResponse(SIGN_IN, 303)
    if (session := desk.cookie.read(request)) is not None:
        await desk.tokens.end(session)
    desk.cookie.remove(response)
    response.headers["Clear-Site-Data"] = '"storage"'  # drafts are the person's, not the machine's
    return response


async def choose_language(request: Request) -> Response:
    """Remember a language for a year and go back to the page."""
    form = await request.form()
    code = form.get("language")
    response = RedirectResponse(own_path(str(form.get("next", "/"))), 303)
    if code in LANGUAGES:
        desk: Desk = request.app.state.desk
        response.set_cookie(
            COOKIE, str(code), max_age=_YEAR_S, httponly=True, samesite="lax", secure=desk.is_behind_tls
        )
    return response


def _page(
    desk: Desk, request: Request, status: int = 200, *, wanted: str = "/", link_was_refused: bool = False
) -> Response:
    html = desk.templates.render(
        "sign_in.html",
        language_of(request),
        by_link=isinstance(desk.tokens, DevelopmentIssuer),
        link_was_refused=link_was_refused,
        path=request.url.path,
        wanted=wanted,
    )
    response = HTMLResponse(html, status)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response
