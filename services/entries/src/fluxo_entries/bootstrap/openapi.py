"""The OpenAPI document, from the application itself with nothing plugged in."""

from typing import Any

from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.health import Health
from fluxo_chassis.resilience import CircuitBreaker

from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.bootstrap.api import TENANT_CLAIM, assemble
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_entries.entrypoints.http.record_entries_in_bulk import bulks_in_turns


def openapi() -> dict[str, Any]:
    """Return the document; no server is asked for anything."""
    verifier = TokenVerifier(JwksKeys("file:///"), issuer="", audience="", tenant_claim=TENANT_CLAIM)
    use_cases = assemble(None, None, GroupCommitter("", "", CircuitBreaker("")), bulks_in_turns().slot)
    document: dict[str, Any] = create_entries_app(use_cases, health=Health(), verifier=verifier).openapi()
    return document
