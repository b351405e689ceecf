"""What a FastAPI route says about its callers; apart from the rest, for processes that do without FastAPI."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from fluxo_chassis.auth.bearer import Principal, TokenVerifier, unauthenticated
from fluxo_chassis.problems import Problem, over_rate_limit
from fluxo_chassis.resilience import current_tenant
from fluxo_chassis.resilience.rate_limits import RateLimits


class _Bearer(SecurityBase):
    """Reads the `Authorization` header; also what OpenAPI calls the security scheme."""

    def __init__(self) -> None:
        self.model = HTTPBearer(
            bearerFormat="JWT", description="A token of the configured issuer, or an API key; scopes as listed."
        )
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Principal:
        principal = await self._principal(request)
        # The request log distinguishes tenants by it, what many share is shared by turns, and who has none is slowed.
        request.state.principal = principal
        current_tenant.set(principal.tenant)
        return principal

    async def _principal(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("A bearer token is required.", "Bearer")
        verifier: TokenVerifier = request.app.state.verifier
        return await verifier.verify(token)


_bearer = _Bearer()

PLAIN_PRICE: Final = 10.0
"""Of a request that asks a database for little, where an answer at hand is 1."""


def _plain(_request: Request) -> float:
    return PLAIN_PRICE


def requires(scope: str, price: Callable[[Request], float] = _plain) -> Callable[..., Awaitable[Principal]]:
    """A FastAPI dependency that gives the caller's `Principal`: 401 without a good token, 403 without the scope.

    429 where the caller's tenant has asked for too much; `price` is what this request costs of its limit, 1 for an
    answer at hand.
    """

    async def authorised(
        request: Request, principal: Annotated[Principal, Security(_bearer, scopes=[scope])]
    ) -> Principal:
        if not principal.may(scope):
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            detail = f"This needs the scope {scope}, in a role that may use it."
            raise Problem(403, "forbidden", "Not allowed", detail, headers={"WWW-Authenticate": challenge})
        limits: RateLimits | None = request.app.state.rate_limits
        if limits is not None and not limits.admits(principal.tenant, cost := price(request)):
            raise over_rate_limit(limits.refuse(principal.tenant, cost))
        return principal

    return authorised
