"""The OpenAPI document, from the application itself with nothing plugged in."""

from typing import Any, Final

from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.health import Health
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.resilience import Bulkhead

from fluxo_balances.adapters.postgres.consolidation import PROJECTION_CHANNEL, PostgresConsolidation
from fluxo_balances.adapters.postgres.merchant_positions import PostgresMerchantPositions
from fluxo_balances.adapters.redis.near_cache import NearBalanceCache
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.bootstrap.api import TENANT_CLAIM, assemble
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.app import create_balances_app
from fluxo_balances.entrypoints.http.conditional_response import CachedResponses

NOWHERE: Final = "redis://localhost"


def openapi() -> dict[str, Any]:
    """Return the document; no server is asked for anything."""
    verifier = TokenVerifier(JwksKeys("file:///"), issuer="", audience="", tenant_claim=TENANT_CLAIM)
    consolidation = PostgresConsolidation(None, Notifications("", PROJECTION_CHANNEL))
    nobody = Bulkhead("", running_max=0, waiting_max=0, wait_max_s=0)
    answers = AnswerCache(NearBalanceCache(NOWHERE, 0, prepare=CachedResponses), nobody, nobody, lambda: False)
    changes = FollowChanges(PostgresMerchantPositions(None), answers)
    use_cases = assemble(None, consolidation, changes, answers)
    document: dict[str, Any] = create_balances_app(use_cases, answers, health=Health(), verifier=verifier).openapi()
    return document
