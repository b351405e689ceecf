"""What is kept of a request once it is answered: its duration, and one line in the log."""

import hashlib
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Histogram

from fluxo_chassis.metrics import http_request_duration_seconds

log = structlog.get_logger(__name__)

OPERATIONS_PATHS = ("/health", "/metrics")
EVENT = "request"


def account(method: str, route: str, status: int, duration_s: float, tenant: str | None) -> None:
    """Observe the duration, and write the line of the request that is being worked on."""
    duration_of(method, route, status).observe(duration_s)
    fields = fields_of(method, route, status, round(duration_s * 1e9))
    if tenant is not None:
        fields["organization.id"] = organization_id(tenant)
    # Probes and scrapes come every second or so, and say nothing new.
    (log.debug if route.startswith(OPERATIONS_PATHS) else log.info)(EVENT, **fields)


@lru_cache(maxsize=1024)
def duration_of(method: str, route: str, status: int) -> Histogram:
    return http_request_duration_seconds.labels(method, route, str(status))


@lru_cache(maxsize=10_000)
def organization_id(tenant: str) -> str:
    """Tells tenants apart in the log without naming them."""
    return hashlib.sha256(tenant.encode()).hexdigest()[:12]


def fields_of(method: str, route: str, status: int, duration_ns: int) -> dict[str, Any]:
    return {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "event.duration": duration_ns,
    }
