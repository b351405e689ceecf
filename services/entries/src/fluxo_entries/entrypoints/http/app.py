from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import ANSWER_WITHIN_S, create_app
from fluxo_chassis.http.fast.direct import DirectRoute

from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.entrypoints.http.change_merchant import add_change_merchant
from fluxo_entries.entrypoints.http.create_api_key import add_create_api_key
from fluxo_entries.entrypoints.http.get_entry import add_get_entry
from fluxo_entries.entrypoints.http.get_latest_seal import add_get_latest_seal
from fluxo_entries.entrypoints.http.get_merchant import add_get_merchant
from fluxo_entries.entrypoints.http.list_api_keys import add_list_api_keys
from fluxo_entries.entrypoints.http.list_entries import add_list_entries
from fluxo_entries.entrypoints.http.problems import install_problems
from fluxo_entries.entrypoints.http.record_entries_in_bulk import (
    BODY_LIMIT_BYTES,
    BULK_WITHIN_S,
    PATH,
    add_record_entries_in_bulk,
    bulks_in_turns,
)
from fluxo_entries.entrypoints.http.record_entry import add_record_entry
from fluxo_entries.entrypoints.http.reverse_entry import add_reverse_entry
from fluxo_entries.entrypoints.http.revoke_api_key import add_revoke_api_key

DESCRIPTION: Final = """Record what comes in and goes out, and correct it by reversals: an entry never changes.

Money is a decimal string with its currency, dates are `YYYY-MM-DD` in the merchant's time zone, instants are UTC. The
merchant is the one that the token or the API key names. A write carries an idempotency key: sent again, it is recorded
once."""


def create_entries_app(
    use_cases: ApiUseCases,
    *,
    health: Health,
    verifier: TokenVerifier,
    cors_origins: Sequence[str] = (),
) -> FastAPI:
    """Return the HTTP API of the use cases."""
    app = create_app(
        title="Fluxo entries",
        version=version("fluxo-entries"),
        description=DESCRIPTION,
        health=health,
        development_port=8001,
        verifier=verifier,
        cors_origins=cors_origins,
        body_limits={PATH: BODY_LIMIT_BYTES},
        turns={PATH: bulks_in_turns()},
        answer_within_s=lambda scope: BULK_WITHIN_S if scope["path"] == PATH else ANSWER_WITHIN_S,
    )
    app.include_router(_routes(use_cases))
    install_problems(app)
    return app


def _routes(use_cases: ApiUseCases) -> APIRouter:
    routes = APIRouter(route_class=DirectRoute)
    add_record_entry(routes, use_cases.record_entry)
    add_record_entries_in_bulk(routes, use_cases.record_entries_in_bulk)
    add_reverse_entry(routes, use_cases.reverse_entry)
    add_get_entry(routes, use_cases.get_entry)
    add_list_entries(routes, use_cases.list_entries)
    add_get_merchant(routes, use_cases.get_merchant)
    add_change_merchant(routes, use_cases.change_merchant)
    add_create_api_key(routes, use_cases.create_api_key)
    add_list_api_keys(routes, use_cases.list_api_keys)
    add_revoke_api_key(routes, use_cases.revoke_api_key)
    add_get_latest_seal(routes, use_cases.get_latest_seal)
    return routes
