"""Errors as RFC 9457 problem details (`application/problem+json`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"
PROBLEM_SCHEMA_REF = "#/components/schemas/ProblemBody"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field. `pointer`: `/name` in a body, `?from` in a query, `{id}` in a path, a header by its name."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """An answer that is an error. `slug` names its kind for good: `type` is `/problems/<slug>`.

    `detail` is a sentence for the caller and never repeats a value they sent. `more` are members of its own.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {slug}: {detail}")
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def body(self, trace_id: str) -> dict[str, object]:
        body: dict[str, object] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "trace_id": trace_id,
            **self.more,
        }
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        return body


class ProblemField(BaseModel):
    pointer: str = Field(description="JSON pointer into the body, `?name` of a query parameter, or a header's name")
    detail: str


class ProblemBody(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(
        description="Stable URI reference that names the kind of problem", examples=["/problems/validation"]
    )
    title: str
    status: int
    detail: str
    trace_id: str = Field(description="Finds this request in the logs and traces of every service")
    errors: list[ProblemField] | None = Field(default=None, description="Every bad field at once")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses=`: documents each status as a problem."""
    return {status: problem_response(HTTPStatus(status).phrase) for status in statuses}


def problem_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA_REF}}}}


def overloaded() -> Problem:
    """503: too much at once, nothing was done; the same request may be sent again after a second."""
    detail = "More requests are waiting than can be answered soon. Try again shortly."
    return Problem(503, "overloaded", "Overloaded", detail, headers={"Retry-After": "1"})


def rate_limited() -> Problem:
    """429: more at once than a tenant's part, nothing was done; the same request may be sent again after a second."""
    detail = "Too many requests of yours wait at once. Send fewer at a time, and this one again shortly."
    return Problem(429, "rate-limited", "Too many requests", detail, headers={"Retry-After": "1"})


def over_rate_limit(headers: Mapping[str, str]) -> Problem:
    """429: more than a tenant may ask for in so much time, nothing was done; `headers` say when to come again."""
    detail = "You have asked for more than your share for a while. Send this again when Retry-After says."
    return Problem(429, "rate-limited", "Too many requests", detail, headers=headers)


def unavailable(detail: str = "A service this answer depends on is away. Try again shortly.") -> Problem:
    """503: nothing was decided; the same request may be sent again after a second."""
    return Problem(503, "unavailable", "Temporarily unavailable", detail, headers={"Retry-After": "1"})
