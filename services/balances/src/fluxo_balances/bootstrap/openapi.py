"""The OpenAPI document, from the application itself with nothing plugged in."""

from typing import Any, Final

from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.resilience import CircuitBreaker

from fluxo_balances.adapters.postgres.consolidation import PROJECTION_CHANNEL, PostgresConsolidation
from fluxo_balances.adapters.redis.near_cache import NearBalanceCache
from fluxo_balances.bootstrap.api import TENANT_CLAIM, assemble

NOWHERE: Final = "redis://localhost"


def openapi() -> dict[str, Any]:
    """Return the document; no server is asked for anything."""
    verifier = TokenVerifier(JwksKeys("file:///"), issuer="", audience="", tenant_claim=TENANT_CLAIM)
    consolidation = PostgresConsolidation(None, Notifications("", PROJECTION_CHANNEL))
    cache = NearBalanceCache(NOWHERE, timeout_s=0)
    return assemble(None, CircuitBreaker(""), cache, consolidation, verifier).openapi()
