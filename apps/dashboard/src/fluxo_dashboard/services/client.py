"""One service over HTTP: time-outs, a retry of what is safe to repeat, a circuit breaker, and two kinds of refusal."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import orjson
import structlog
from fluxo_chassis.http.outgoing import reset_is_connect_error
from fluxo_chassis.observability.traces.tracing import current_traceparent
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S: Final = 2.0
"""A service answers or gives up within 1.5 s."""

WAITS_WITHIN_S: Final = 3.0
"""A balance that waits for an entry gives up within 2 s."""

TAKES_FILE_WITHIN_S: Final = 6.0
"""Without a sign of life. A file is answered when it was read, or two seconds after it came."""

CONNECT_WITHIN_S: Final = 0.5
_NOBODY_THERE: Final = frozenset({502, 504})
"""What a balancer says that has no instance to ask."""

_CONNECTIONS_MAX: Final = 100

NOT_BUILT: Final = "category-totals-not-built"
_NOT_THERE_YET: Final = frozenset({NOT_BUILT, "not-yet-consolidated", "rate-limited"})
"""So a service that is well says that one thing is not there yet, or not for this merchant now: ask no more at once."""


class ServiceUnavailableError(Exception):
    """The service did not answer, or said that it cannot now. Whether a write was carried out is not known.

    `kind` is the last part of the problem's type (RFC 9457), empty where the service told none.
    """

    def __init__(self, reason: str = "", kind: str = "") -> None:
        super().__init__(reason)
        self.kind = kind


class SignedOutError(Exception):
    """The service does not accept the token any more: who sits there must sign in again."""


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - it names the fact
    """The service understood and said no, as RFC 9457 has it: `errors` maps fields and parameters to what is wrong.

    `first_open_day` is said of a day that is closed.
    """

    status: int
    kind: str
    detail: str
    errors: Mapping[str, str]
    first_open_day: str = ""


class ServiceClient:
    """Asks one service as the caller whose token comes with each request. A context manager."""

    def __init__(self, name: str, url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.breaker = CircuitBreaker(name)
        self._http = httpx2.AsyncClient(
            base_url=url,
            timeout=httpx2.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_CONNECTIONS_MAX),
            # What runs beside it is not asked for through a proxy.
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, token: str, **query: str | int | None) -> Any:
        """Return the JSON of the answer; a query value of None is left out. Tried again once: reading changes nothing.

        Raises:
            Refusal: 4xx.
            SignedOutError: 401.
            ServiceUnavailableError: no answer in time, 5xx, or 429.
        """
        wanted = {name: value for name, value in query.items() if value is not None}
        within_s = WAITS_WITHIN_S if "after_entry" in wanted else ANSWER_WITHIN_S
        timeout = httpx2.Timeout(within_s, connect=CONNECT_WITHIN_S)
        request = self._request("GET", path, token, params=wanted, timeout=timeout)
        return await self._answer_at_second_try(request)

    async def post(
        self,
        path: str,
        token: str,
        body: Mapping[str, object],
        *,
        idempotency_key: str | None,
        within_s: float = ANSWER_WITHIN_S,
    ) -> Any:
        """Send a write and return the JSON of the answer. Tried again once if there is a key, which makes it one write.

        Raises:
            Refusal: 4xx.
            SignedOutError: 401.
            ServiceUnavailableError: no answer in time, 5xx, or 429; sent again with the same key it is still one write.
        """
        content = orjson.dumps({name: value for name, value in body.items() if value is not None})
        headers = {"Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = f'"{idempotency_key}"'
        timeout = httpx2.Timeout(within_s, connect=CONNECT_WITHIN_S)
        request = self._request("POST", path, token, content=content, headers=headers, timeout=timeout)
        return await (self._answer if idempotency_key is None else self._answer_at_second_try)(request)

    async def upload(self, path: str, token: str, content: AsyncIterator[bytes], **query: str) -> Any:
        """Send a file and return the JSON of the answer. Not tried again: it can be read only once.

        Raises:
            Refusal, SignedOutError, ServiceUnavailableError: as for `get`.
        """
        timeout = httpx2.Timeout(TAKES_FILE_WITHIN_S, connect=CONNECT_WITHIN_S)
        headers = {"Content-Type": "application/octet-stream"}
        return await self._answer(
            self._request("POST", path, token, content=content, headers=headers, params=query, timeout=timeout)
        )

    async def download(
        self, path: str, token: str, *, within_s: float = ANSWER_WITHIN_S, **query: str
    ) -> httpx2.Response:
        """Return the answer with its body still to be read; it begins within `within_s`.

        Raises:
            Refusal, SignedOutError, ServiceUnavailableError: as for `get`.
        """
        timeout = httpx2.Timeout(within_s, connect=CONNECT_WITHIN_S)
        try:
            response = await self._send(self._request("GET", path, token, params=query, timeout=timeout), stream=True)
        except httpx2.TransportError as error:
            raise ServiceUnavailableError(self.breaker.name) from error
        if not response.is_success:
            await response.aread()
            _judged(response)
        return response

    async def delete(self, path: str, token: str, **query: str) -> None:
        """Have it removed. Tried again once: it is then no less removed.

        Raises:
            Refusal, SignedOutError, ServiceUnavailableError: as for `get`.
        """
        await self._answer_at_second_try(self._request("DELETE", path, token, params=query))

    @asynccontextmanager
    async def stream(self, path: str, token: str, headers: Mapping[str, str]) -> AsyncIterator[httpx2.Response]:
        """Open an endless answer; silence longer than 30 s ends it.

        Raises:
            httpx2.HTTPError: there is none, or it broke off.
        """
        request_headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream", **headers}
        timeout = httpx2.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S, read=30.0)
        with reset_is_connect_error():
            async with self._http.stream("GET", path, headers=request_headers, timeout=timeout) as response:
                yield response

    def _request(
        self, method: str, path: str, token: str, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx2.Request:
        own = {"Authorization": f"Bearer {token}", "traceparent": current_traceparent(), **(headers or {})}
        return self._http.build_request(method, path, headers=own, **content)

    async def _send(self, request: httpx2.Request, *, stream: bool = False) -> httpx2.Response:
        with reset_is_connect_error():
            return await self._http.send(request, stream=stream)

    async def _answer_at_second_try(self, request: httpx2.Request) -> Any:
        try:
            return await self._answer(request)
        except ServiceUnavailableError as error:
            # One that hangs would make a person wait twice.
            hangs = isinstance(error.__cause__, httpx2.TimeoutException)
            if self.breaker.state != "closed" or hangs or error.kind in _NOT_THERE_YET:
                raise
            return await self._answer(request)

    async def _answer(self, request: httpx2.Request) -> Any:
        try:
            self.breaker.begin()
        except CircuitOpen as error:
            raise ServiceUnavailableError(self.breaker.name) from error
        try:
            response = await self._send(request)
        except httpx2.TransportError as error:
            self.breaker.fail()
            raise ServiceUnavailableError(self.breaker.name) from error
        except BaseException:
            self.breaker.forget()
            raise
        if response.status_code in _NOBODY_THERE:
            self.breaker.fail()
            raise ServiceUnavailableError(self.breaker.name)
        # Also a 503: the service is there, and one caller's slow search is not another's concern.
        self.breaker.succeed()
        return _judged(response)


def _judged(response: httpx2.Response) -> Any:
    if response.status_code == httpx2.codes.NO_CONTENT:
        return None
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise ServiceUnavailableError("not the service's answer") from error
    if response.is_success:
        return body
    if response.status_code == httpx2.codes.UNAUTHORIZED:
        # Who runs it has to know: if the provider's tokens are not what the services want, everybody is signed out.
        log.warning("a service refuses an access token", challenge=response.headers.get("www-authenticate", "")[:200])
        raise SignedOutError
    kind = str(body.get("type", "")).rpartition("/")[2]
    # Whose merchant has asked for too much sees what was known last, too, and keeps what was typed.
    if response.is_server_error or response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        raise ServiceUnavailableError(str(body.get("title", response.status_code)), kind)
    errors = {error["pointer"].lstrip("/?"): error["detail"] for error in body.get("errors", ())}
    detail, first_open_day = str(body.get("detail", "")), str(body.get("first_open_day", ""))
    raise Refusal(response.status_code, kind, detail, errors, first_open_day)
