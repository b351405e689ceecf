"""One request by a person who is signed in, and what every page needs around its own work."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from fluxo_chassis.auth import Principal
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxo_dashboard.language.languages import Language, language_of
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError, SignedOutError
from fluxo_dashboard.services.merchants import Merchant
from fluxo_dashboard.sign_in.origin import is_of_another_session, is_own_form, is_same_site
from fluxo_dashboard.sign_in.sealed import TooLargeError
from fluxo_dashboard.sign_in.session import Session
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.headers import add_page_headers

log = structlog.get_logger(__name__)

SIGN_IN: Final = "/sign-in"
CALLBACK: Final = "/sign-in/callback"
FORBIDDEN: Final = 403
NOT_ALLOWED: Final = "not-allowed"
_EVENTS: Final = {FORBIDDEN: "fluxo:outdated", 404: "fluxo:gone", 503: "fluxo:unavailable"}
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, for which merchant, in which language; `token` is what the services ask for."""

    request: Request
    desk: Desk
    session: Session
    language: Language
    token: str
    merchant: Merchant

    @property
    def today(self) -> date:
        """The merchant's day now, which is not always the machine's or the browser's."""
        return datetime.now(UTC).astimezone(ZoneInfo(self.merchant.time_zone)).date()

    @property
    def here(self) -> str:
        """The path with its query, for links that come back."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @property
    def wants_part(self) -> bool:
        """Whether a script of the page asks for a part of it, not a browser for a page."""
        return _is_part(self.request)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Return the template as HTML; what all pages show is added.

        A part is always a 200: what is wrong stands in it, and a browser's console is for faults of ours.
        """
        html = self.desk.templates.render(
            template,
            self.language,
            session=self.session,
            merchant=self.merchant,
            today=self.today,
            path=self.request.url.path,
            here=self.here,
            form_token=self.desk.cookie.form_token(self.session),
            **context,
        )
        return HTMLResponse(html, 200 if self.wants_part else status)

    async def balances_of(self, path: str, first: date, last: date) -> Any:
        """Return what the balances service tells of these days at one of its paths.

        Raises:
            ServiceUnavailableError: it does not answer, or cannot now.
        """
        days = {"from": first.isoformat(), "to": last.isoformat()}
        return await self.desk.balances.get(path, self.token, **days)

    def say(self, sentence: str, **values: object) -> str:
        return self.language.say(sentence, **values)


Endpoint = Callable[[Request], Awaitable[Response]]
Page = Callable[[Visit], Awaitable[Response]]


def for_visitors(page: Page) -> Endpoint:
    """Make an endpoint of a page: only for who is signed in, and only from our own forms where it changes something.

    A service that does not answer and that the page itself did not expect becomes a page that says so.
    """

    async def endpoint(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        response = await _answer(page, request, desk)
        if response.status_code in _EVENTS and _is_part(request):
            _keep_page(response)
        add_page_headers(response, is_behind_tls=desk.is_behind_tls)
        return response

    return endpoint


def _keep_page(response: Response) -> None:
    """Tell a script that asked for a part what happened: the page stays, with all that was typed."""
    response.headers.update({"HX-Reswap": "none", "HX-Trigger": _EVENTS[response.status_code]})
    response.status_code = 200


def for_writers(page: Page) -> Endpoint:
    """As `for_visitors`, and refused to who may look only: an accountant."""
    return _for_those(lambda session: session.may_write, page)


def for_closers(page: Page) -> Endpoint:
    """As `for_visitors`, and refused to who may not close days: an operator."""
    return _for_those(lambda session: session.may_close_days, page)


def for_owners(page: Page) -> Endpoint:
    """As `for_visitors`, and refused to everybody but an owner."""
    return _for_those(lambda session: session.may_manage_keys, page)


def _for_those(who: Callable[[Session], bool], page: Page) -> Endpoint:
    async def judged(visit: Visit) -> Response:
        if not who(visit.session):
            return refused_page(visit.desk, visit.language, FORBIDDEN, NOT_ALLOWED)
        return await page(visit)

    return for_visitors(judged)


async def _answer(page: Page, request: Request, desk: Desk) -> Response:
    language = language_of(request)
    session = desk.cookie.read(request)
    if session is None:
        return _to_sign_in(request)
    # The request log distinguishes merchants by it.
    request.state.principal = Principal(session.merchant_id, session.subject, frozenset(), session.role)
    if is_of_another_session(request, desk.cookie, session):
        return refused_page(desk, language, 403)
    if request.method not in _SAFE and not (
        is_same_site(request, desk.origin) and await is_own_form(request, desk.cookie, session)
    ):
        return refused_page(desk, language, 403)
    try:
        token = await desk.tokens.token_of(session)
        current = desk.tokens.renewed(session) or session
        merchant = await desk.merchants.find(session.merchant_id, token)
        response = await page(Visit(request, desk, current, language, token, merchant))
    except SignedOutError:
        response = _to_sign_in(request)
        if not _is_part(request) and not _is_stream(request):
            # A page that is still open may be answered after somebody signed in anew: theirs would be removed.
            desk.cookie.remove(response)
        return response
    except ServiceUnavailableError:
        response = refused_page(desk, language, 503)
    except Refusal as refusal:
        # A service knows no forms: its 403 is about what the person may do.
        response = refused_page(desk, language, refusal.status, NOT_ALLOWED if refusal.status == FORBIDDEN else None)
    _write_renewed(desk, session, response)
    return response


def _write_renewed(desk: Desk, session: Session, response: Response) -> None:
    """Give the browser the refresh token that came since: the one that it has may not work any more."""
    if (renewed := desk.tokens.renewed(session)) is not None:
        try:
            desk.cookie.write(response, renewed)
        except TooLargeError as error:
            log.warning("a renewed session cannot be kept: it ends with this process", reason=str(error))


def refused_page(desk: Desk, language: Language, status: int, reason: str | None = None) -> Response:
    """Return a page that says what happened and where to go from there; `reason` where a status has several."""
    html = desk.templates.render("refused.html", language, reason=reason or status, origin=desk.origin)
    response = HTMLResponse(html, status)
    add_page_headers(response, is_behind_tls=desk.is_behind_tls)
    return response


def _is_part(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _is_stream(request: Request) -> bool:
    return request.headers.get("accept") == "text/event-stream"


def _to_sign_in(request: Request) -> Response:
    if _is_part(request):
        # The page stays, with all that was typed; its script says that the session ended, and where to sign in.
        return Response(headers={"HX-Reswap": "none", "HX-Trigger": "fluxo:signed-out"})
    if _is_stream(request):
        return Response(status_code=204)  # The stream ends for good. A page in its place is an error to a browser.
    if request.method not in _SAFE:
        return RedirectResponse(SIGN_IN, 303)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{SIGN_IN}?next={quote(request.url.path + query, safe='')}", 303)


def own_path(text: str | None) -> str:
    r"""Return the path when it is one of ours, else the first page: a link must not lead away from here.

    Browsers take `//host`, `///host`, `/\host` and `/<tab>/host` for addresses of other hosts.
    """
    return text if text is not None and _OWN_PATH.match(text) else "/"
