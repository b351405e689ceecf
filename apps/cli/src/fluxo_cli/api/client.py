"""Talks to one service over HTTP: repeats what is safe to repeat, and turns a refusal into sentences."""

import time
from collections.abc import Callable, Iterable, Mapping
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any, BinaryIO, Final, Self
from urllib.parse import urlsplit

import httpx2
from fluxo_local.errors import CommandError

from fluxo_cli.output.rendering import printable

_UNTIL_AN_OPERATOR_ACTS: Final = "/problems/category-totals-not-built"
# A balancer without an instance says 502 or 504; a service that sheds load or lost its database says 503, and 429 to
# who asks for more than a share, with nothing done.
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
_BACKOFF_S: Final = (0.2, 0.6, 1.5)
_RETRY_AFTER_S_MAX: Final = 30.0
# A bulk is repeated for a minute: long enough for a service that is started again.
_BULK_BACKOFF_S: Final = (*_BACKOFF_S, *(3.0,) * 20)
# A day is closed within 12 s, or not; everything else is answered sooner.
_TIMEOUT: Final = httpx2.Timeout(13.0, connect=2.0)
# Ten thousand entries are answered within 10 s, or refused.
_BULK_TIMEOUT: Final = httpx2.Timeout(15.0, connect=2.0)
# A book of many entries is written to its end before it is sent.
_FILE_TIMEOUT: Final = httpx2.Timeout(125.0, connect=2.0)
_REFUSED: Final = 1
_NOT_ANSWERED: Final = 3


class RequestRefusedError(CommandError):
    """The service answered, and not with what was asked for; `status` is the answer's."""

    def __init__(self, message: str, *, status: int) -> None:
        is_the_callers = status < httpx2.codes.INTERNAL_SERVER_ERROR
        super().__init__(message, exit_status=_REFUSED if is_the_callers else _NOT_ANSWERED)
        self.status = status


class ServiceClient:
    """One service as one merchant. A write carries its idempotency key through every attempt, so it counts once.

    Raises from every call:
        CommandError: exit status 1 for what the service refuses (4xx), 3 for what it could not answer.
    """

    def __init__(self, service: str, url: str, token: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._service = service
        self._url = url.rstrip("/")
        self._sleep = sleep
        address = urlsplit(self._url)
        self._http = httpx2.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json, application/problem+json"},
            timeout=_TIMEOUT,
            # What runs on this machine is not asked for through a proxy.
            trust_env=address.hostname not in {"127.0.0.1", "localhost", "::1"},
            # To read all certificates that this machine trusts takes as long as many answers.
            verify=address.scheme == "https" or SSLContext(PROTOCOL_TLS_CLIENT),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int | None) -> httpx2.Response:
        """Return the answer; a query value of None is left out."""
        return self._answer(self._http.build_request("GET", path, params=_without_nones(query)))

    def download(self, path: str, file: BinaryIO, **query: str) -> None:
        """Write the answer to the file as it comes."""
        request = self._http.build_request("GET", path, params=query, timeout=_FILE_TIMEOUT)
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise self._refused(response)
                file.writelines(response.iter_bytes())
            finally:
                response.close()
        except httpx2.TransportError as error:
            raise self._unreachable(request, error, perhaps_done=False) from error

    def post(self, path: str, body: Mapping[str, object], *, idempotency_key: str | None) -> httpx2.Response:
        """Return the answer; a field that is None is left out. Without a key it is not repeated."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        request = self._http.build_request("POST", path, json=_without_nones(body), headers=headers)
        return self._answer(request, () if idempotency_key is None else None)

    def delete(self, path: str, **query: str) -> httpx2.Response:
        return self._answer(self._http.build_request("DELETE", path, params=query))

    def post_bulk(self, path: str, body: bytes) -> httpx2.Response:
        """Send a JSON body that carries a key for each of its items; it is repeated for a minute."""
        headers = {"Content-Type": "application/json"}
        request = self._http.build_request("POST", path, content=body, headers=headers, timeout=_BULK_TIMEOUT)
        return self._answer(request, _BULK_BACKOFF_S)

    def post_file(self, path: str, content: bytes, **query: str | None) -> httpx2.Response:
        """Send a file; sent again, it is the same one, and so it is repeated. A query value of None is left out."""
        headers = {"Content-Type": "application/octet-stream"}
        request = self._http.build_request(
            "POST", path, params=_without_nones(query), content=content, headers=headers, timeout=_BULK_TIMEOUT
        )
        return self._answer(request)

    def _answer(self, request: httpx2.Request, backoff_s: Iterable[float] | None = None) -> httpx2.Response:
        perhaps_done = False
        for wait_s in (*(_BACKOFF_S if backoff_s is None else backoff_s), None):
            try:
                response = self._http.send(request)
            except httpx2.TransportError as error:
                perhaps_done |= not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                if wait_s is None:
                    raise self._unreachable(request, error, perhaps_done=perhaps_done) from error
            else:
                if response.status_code not in _TRY_AGAIN or _problem_type(response) == _UNTIL_AN_OPERATOR_ACTS:
                    return self._checked(response)
                perhaps_done |= response.is_server_error
                if wait_s is None:
                    raise self._refused(response, perhaps_done=perhaps_done)
                wait_s = _retry_after_s(response) or wait_s  # noqa: PLW2901 - the service knows better than the table
            self._sleep(wait_s)
        raise AssertionError("the last attempt either answers or raises")

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        if not response.is_success:
            raise self._refused(response)
        if response.status_code != httpx2.codes.NO_CONTENT and not isinstance(_json(response), dict):
            raise CommandError(
                f"What answers at {self._url} does not speak as the {self._service} service does: check the address.",
                exit_status=_NOT_ANSWERED,
            )
        return response

    def _refused(self, response: httpx2.Response, *, perhaps_done: bool = False) -> RequestRefusedError:
        status = response.status_code
        problem = _json(response)
        if not isinstance(problem, dict) or "title" not in problem:
            problem = {"title": f"The {self._service} service answered {status} and did not say why."}
        lines = [printable(problem["title"])]
        if problem.get("detail"):
            lines.append(printable(problem["detail"]))
        lines += [printable(f"  • {error['pointer']}: {error['detail']}") for error in problem.get("errors", ())]
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR and problem.get("trace_id"):
            lines.append(printable(f"Its logs name this request by the trace id {problem['trace_id']}."))
        if perhaps_done:
            lines += _how_to_repeat(response.request)
        return RequestRefusedError("\n".join(lines), status=status)

    def _unreachable(self, request: httpx2.Request, error: Exception, *, perhaps_done: bool) -> CommandError:
        how = "gave no answer in time" if isinstance(error, httpx2.TimeoutException) else "cannot be reached"
        lines = [f"The {self._service} service {how} at {self._url}: see `fluxo status`, or start it with `fluxo up`."]
        if perhaps_done:
            lines += _how_to_repeat(request)
        return CommandError("\n".join(lines), exit_status=_NOT_ANSWERED)


def _without_nones(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _how_to_repeat(request: httpx2.Request) -> list[str]:
    """A write without an answer may have been recorded; only its key can tell."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return []
    return [f"It may have been recorded. Give the same command again with --key {key}: it is never recorded twice."]


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _problem_type(response: httpx2.Response) -> object:
    problem = _json(response)
    return problem.get("type") if isinstance(problem, dict) else None


def _retry_after_s(response: httpx2.Response) -> float | None:
    """Return the seconds of Retry-After, bounded; None for none and for its date form, which our services never use."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), _RETRY_AFTER_S_MAX) if value.isascii() and value.isdigit() else None
