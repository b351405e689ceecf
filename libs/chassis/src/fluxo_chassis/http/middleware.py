"""All that happens around a request, in one pure ASGI class: a stack of them costs more than most handlers."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxo_chassis.http.can_wait import CanWait
from fluxo_chassis.http.connections.protocol import HEAD_LIMIT_BYTES, HEADER_LINES_MAX
from fluxo_chassis.http.cors import Cors, HeaderLines
from fluxo_chassis.http.deadline import Deadline
from fluxo_chassis.http.fast.ready_answer import kept_by_nobody
from fluxo_chassis.http.given_once import REPEATED, repeated
from fluxo_chassis.http.problem_answers import known_problem, problem_answer
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.http.validation import invalid_request, pointer
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.problems import FieldError, Problem, overloaded, rate_limited, unavailable
from fluxo_chassis.resilience import BulkheadFull, CircuitOpen, TenantOverShare, is_unavailable

log = structlog.get_logger(__name__)

OTHER = "other"
CLIENT_LEFT = 499
_NONE: frozenset[str] = frozenset()
_GIVEN_ONCE = frozenset({"authorization", "content-type", "host"})
"""Headers of one value that every request is judged by; those of single routes are the routes' to judge."""

_REPEATED_TOKEN = partial(
    Problem, 400, "authorization-repeated", "Authorization given twice", "A request has one Authorization header."
)
_NO_ONE_HOST = partial(
    Problem,
    400,
    "malformed-head",
    "Malformed head",
    "A request is one of HTTP/1.1 with one Host header, or of HTTP/1.0 with one at most.",
    headers={"Connection": "close"},  # whoever passed it on may have read another one
)
_ENCODED = partial(
    Problem,
    415,
    "unsupported-media-type",
    "Unsupported media type",
    "Send the body as it is, without a Content-Encoding.",
    headers={"Accept-Encoding": "identity"},
)
_REFUSALS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
"""Of who is known; both cost nothing of a limit."""

_EVENT_STREAM = b"text/event-stream"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(rb"[!#-+\--\[\]-~]{1,128}\Z")
JSON = re.compile(r"application/([a-z0-9.!#$&^_+-]+\+)?json[ \t]*(;.*)?\Z", re.IGNORECASE | re.ASCII)
FORMS = re.compile(r"application/x-www-form-urlencoded[ \t]*(;.*)?\Z", re.IGNORECASE | re.ASCII)
FILES = re.compile(r"(?!multipart/)", re.IGNORECASE)
FILES_IN_FORMS = re.compile(r"multipart/form-data[ \t]*;.*\Z", re.IGNORECASE | re.ASCII)
"""Media types of bodies that an application may take."""


class Middleware:
    """Request id, trace, limits, content type, preflights, last resort for errors, headers, metrics, log line."""

    def __init__(
        self,
        app: ASGIApp,
        account: RequestLog,
        *,
        cors: Cors,
        body_limit_bytes: int,
        body_limits: Mapping[str, int],
        answer_within_s: Callable[[Scope], float],
        body_types: re.Pattern[str] = JSON,
        body_types_of: Mapping[str, re.Pattern[str]] | None = None,
        can_wait: CanWait | None = None,
    ) -> None:
        self._app = app
        self._account = account
        self._cors = cors
        self._body_limit_bytes = body_limit_bytes
        self._body_limits = body_limits
        self._answer_within_s = answer_within_s
        self._body_types = body_types
        self._body_types_of = body_types_of or {}
        self._can_wait = can_wait or CanWait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers = Headers(scope=scope)
        twice = frozenset(repeated(headers.keys())) if len(dict(headers.raw)) < len(headers.raw) else _NONE
        # Nobody can tell which of several ids is meant: none, as W3C Trace Context has it.
        traceparent = None if "traceparent" in twice else headers.get("traceparent")
        request_id = None if "x-request-id" in twice else _request_id(scope)
        context = tracing.start_trace(traceparent, request_id)
        token = tracing.enter(context)

        # It knows nothing of the answer, which knows it: of each request a cycle would be left, to be searched for.
        def note(status: int, held_s: float) -> None:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            principal = scope.get("state", {}).get("principal")
            tenant = None if principal is None else principal.tenant
            kind = Kind(method, route_template(scope), status)
            self._account.note(kind, tenant, time.perf_counter() - started - held_s, context)

        def wait_s(status: int, length: int) -> float:
            principal = scope.get("state", {}).get("principal")
            if principal is None:
                return self._can_wait.stranger_s(scope["method"], scope["path"], length)
            return self._can_wait.refused_s(principal.tenant) if status in _REFUSALS else 0.0

        answer = _Answer(send, context.request_id, self._cors.headers(scope["headers"]), note, wait_s)
        try:
            await self._answer(scope, headers, receive, answer, _GIVEN_ONCE & twice)
        finally:
            if not answer.is_stream:
                note(answer.status, answer.held_s)
            tracing.leave(token)

    async def _answer(
        self, scope: Scope, headers: Headers, receive: Receive, answer: "_Answer", twice: frozenset[str]
    ) -> None:
        limit = self._body_limits.get(scope["path"], self._body_limit_bytes)
        body_types = self._body_types_of.get(scope["path"], self._body_types)
        refusal = _refusal(scope, headers, twice) or _body_refusal(headers, limit, body_types)
        if refusal is not None:
            await problem_answer(refusal)(scope, receive, answer)
            return
        preflight = self._cors.preflight(scope["method"], scope["headers"])
        if preflight is not None:
            await preflight(scope, receive, answer)
            return
        deadline = answer.deadline = Deadline(self._answer_within_s(scope))
        try:
            async with deadline:
                await self._app(scope, _limited(receive, limit, deadline), answer)
        except ClientDisconnect:
            answer.status = CLIENT_LEFT
        except Exception as error:
            problem = too_late() if deadline.is_missed else problem_of_failure(error)
            if answer.started:
                raise
            await problem_answer(problem)(scope, receive, answer)


class _Answer:
    """The way out: notes the status, adds the headers that every response has, and holds back what can wait.

    A stream of events is answered, and noted, when it begins: how long it stays open is up to the client.
    """

    def __init__(
        self,
        send: Send,
        request_id: str,
        cors: HeaderLines,
        note: Callable[[int, float], None],
        wait_s: Callable[[int, int], float],
    ) -> None:
        self._send = send
        self._headers = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff"), *cors]
        self.deadline: Deadline | None = None
        self.started = False
        self.is_stream = False
        self._note = note
        self._wait_s = wait_s
        self.held_s = 0.0
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self.deadline is not None:
                self.deadline.meet()
            self.status = message["status"]
            own = dict(message.get("headers", ()))
            if wait_s := self._wait_s(self.status, int(own.get(b"content-length", b"0"))):
                self.held_s = wait_s
                await asyncio.sleep(wait_s)
            message["headers"] = [*message.get("headers", ()), *kept_by_nobody(own), *self._headers]
            if own.get(b"content-type", b"").startswith(_EVENT_STREAM):
                self.is_stream = True
                self._note(self.status, self.held_s)
        await self._send(message)


def route_template(scope: Scope) -> str:
    """The path as the route was declared, so that ids never become labels; `other` when no route fits."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context or scope.get("route"), "path_format", None)
    return path if isinstance(path, str) else OTHER


def _request_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and (request_id := safe_request_id(value)) is not None:
            return request_id
    return None


def safe_request_id(value: bytes) -> str | None:
    """What a caller gave, when it may stand in a header and a log line as it is."""
    return str(value, "ascii") if _REQUEST_ID.match(value) else None


def _refusal(scope: Scope, headers: Headers, twice: frozenset[str]) -> Problem | None:
    # The server bounds those that come in pieces.
    head_bytes = len(scope["query_string"]) + len(scope["path"])
    head_bytes += sum(len(name) + len(value) for name, value in headers.raw)
    if head_bytes > HEAD_LIMIT_BYTES or len(headers.raw) > HEADER_LINES_MAX:
        return known_problem(431, {"Connection": "close"})
    version = scope["http_version"]
    if "host" in twice or version not in {"1.0", "1.1"} or (version == "1.1" and "host" not in headers):
        return _NO_ONE_HOST()
    if twice:
        errors = [FieldError(pointer(("header", name)), str(REPEATED)) for name in sorted(twice)]
        return _REPEATED_TOKEN(errors=errors) if "authorization" in twice else invalid_request(errors)
    return None


def _body_refusal(headers: Headers, limit: int, body_types: re.Pattern[str]) -> Problem | None:
    length = headers.get("content-length")
    has_body = "transfer-encoding" in headers or length not in (None, "0")
    if not has_body:
        return None
    if length is not None and length.isdecimal() and int(length) > limit:
        return known_problem(413)
    if not body_types.match(headers.get("content-type", "")):
        return known_problem(415)
    if headers.getlist("content-encoding") not in ([], ["identity"]):
        return _ENCODED()
    return None


def _limited(receive: Receive, limit: int, deadline: Deadline) -> Receive:
    """Counts what really arrives: a chunked body tells no length beforehand. The server discards the rest of it."""
    received, is_complete = 0, False

    async def limited() -> Message:
        nonlocal received, is_complete
        if not is_complete:
            deadline.wait_for_client()
        message = await receive()
        if not is_complete:
            deadline.heard_client()
        is_complete = not message.get("more_body", False)
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return limited


def too_late() -> Problem:
    """Return, and log, that a request is given up."""
    log.warning("a request was not answered in time and is given up")
    return unavailable(
        "This could not be finished in time. Try again shortly; repeat a write with the same idempotency key, "
        "which tells what became of it."
    )


def problem_of_failure(error: BaseException) -> Problem:
    """Return what the caller is told of an error that is no problem by itself, and log what nobody expects.

    What was broken off may be tried again.
    """
    # No log line for each of those who are turned away, of whom there may be many: metrics count them.
    if isinstance(error, TenantOverShare):
        return rate_limited()
    if isinstance(error, BulkheadFull):
        return overloaded()
    if isinstance(error, CircuitOpen | asyncio.CancelledError):
        return unavailable()
    if is_unavailable(error):
        log.warning("a dependency is away", **{"error.type": type(error).__name__})
        return unavailable()
    log.error("request failed", exc_info=error)
    detail = "Something went wrong here. The trace id finds it in our logs."
    return Problem(500, "internal-error", "Internal error", detail)
