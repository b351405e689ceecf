from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import ANSWER_WITHIN_S, create_app
from fluxo_chassis.http.fast.direct import DirectRoute, add_routes
from fluxo_chassis.resilience import Bulkhead
from starlette.types import Scope

from fluxo_entries.application.cooperative import give_way
from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.entrypoints.http import create_import, reconcile_statement
from fluxo_entries.entrypoints.http.change_merchant import add_change_merchant
from fluxo_entries.entrypoints.http.close_day import CLOSE_WITHIN_S, add_close_day
from fluxo_entries.entrypoints.http.close_day import PATH as CLOSE_PATH
from fluxo_entries.entrypoints.http.confirm_import import add_confirm_import
from fluxo_entries.entrypoints.http.create_api_key import add_create_api_key
from fluxo_entries.entrypoints.http.create_import import add_create_import
from fluxo_entries.entrypoints.http.failed_import_lines import add_failed_import_lines
from fluxo_entries.entrypoints.http.get_cash_book import PATH as BOOK_PATH
from fluxo_entries.entrypoints.http.get_cash_book import WITHIN_S as BOOK_WITHIN_S
from fluxo_entries.entrypoints.http.get_cash_book import add_get_cash_book, books_in_turns
from fluxo_entries.entrypoints.http.get_entry import add_get_entry
from fluxo_entries.entrypoints.http.get_import import add_get_import
from fluxo_entries.entrypoints.http.get_latest_seal import add_get_latest_seal
from fluxo_entries.entrypoints.http.get_merchant import add_get_merchant
from fluxo_entries.entrypoints.http.list_api_keys import add_list_api_keys
from fluxo_entries.entrypoints.http.list_day_closes import add_list_day_closes
from fluxo_entries.entrypoints.http.list_entries import add_list_entries
from fluxo_entries.entrypoints.http.list_import_lines import add_list_import_lines
from fluxo_entries.entrypoints.http.list_imports import add_list_imports
from fluxo_entries.entrypoints.http.problems import install_problems
from fluxo_entries.entrypoints.http.record_entries_in_bulk import (
    BODY_LIMIT_BYTES,
    BULK_WITHIN_S,
    PATH,
    add_record_entries_in_bulk,
    bulks_in_turns,
)
from fluxo_entries.entrypoints.http.record_entry import add_record_entry
from fluxo_entries.entrypoints.http.remove_import import add_remove_import
from fluxo_entries.entrypoints.http.reopen_day import add_reopen_day
from fluxo_entries.entrypoints.http.reverse_entry import add_reverse_entry
from fluxo_entries.entrypoints.http.revoke_api_key import add_revoke_api_key
from fluxo_entries.entrypoints.http.uploads import Uploads

DESCRIPTION: Final = """Record what comes in and goes out, and correct it by reversals: an entry never changes.

Money is a decimal string with its currency, dates are `YYYY-MM-DD` in the merchant's time zone, instants are UTC. The
merchant is the one that the token or the API key names. A write carries an idempotency key: sent again, it is recorded
once."""

_WITHIN_S: Final = {
    PATH: BULK_WITHIN_S,
    reconcile_statement.PATH: BULK_WITHIN_S,
    CLOSE_PATH: CLOSE_WITHIN_S,
    BOOK_PATH: BOOK_WITHIN_S,
}


def create_entries_app(
    use_cases: ApiUseCases,
    *,
    health: Health,
    verifier: TokenVerifier,
    cors_origins: Sequence[str] = (),
    bulks: Bulkhead | None = None,
) -> FastAPI:
    """Return the HTTP API of the use cases; `bulks` lets bulks in, by turns with whoever else has it."""
    app = create_app(
        title="Fluxo entries",
        version=version("fluxo-entries"),
        description=DESCRIPTION,
        health=health,
        development_port=8001,
        verifier=verifier,
        cors_origins=cors_origins,
        body_limits={
            PATH: BODY_LIMIT_BYTES,
            create_import.PATH: create_import.BODY_LIMIT_BYTES,
            reconcile_statement.PATH: create_import.BODY_LIMIT_BYTES,
        },
        files={create_import.PATH, reconcile_statement.PATH},
        pause=give_way,
        turns={PATH: bulks or bulks_in_turns(), BOOK_PATH: books_in_turns()},
        answer_within_s=_answer_within_s,
    )
    add_routes(app, _routes(use_cases))
    install_problems(app)
    return app


def _answer_within_s(scope: Scope) -> float:
    path = scope["path"]
    return BULK_WITHIN_S if path.startswith(create_import.PATH) else _WITHIN_S.get(path, ANSWER_WITHIN_S)


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
    uploads = Uploads(use_cases.preview_import)
    add_create_import(routes, uploads, use_cases.get_import)
    add_get_import(routes, use_cases.get_import)
    add_list_imports(routes, use_cases.list_imports)
    add_list_import_lines(routes, use_cases.list_import_lines)
    add_failed_import_lines(routes, use_cases.list_import_lines)
    add_confirm_import(routes, use_cases.confirm_import)
    add_remove_import(routes, use_cases.remove_import)
    reconcile_statement.add_reconcile_statement(routes, use_cases.reconcile_statement, uploads)
    add_close_day(routes, use_cases.close_day)
    add_reopen_day(routes, use_cases.reopen_day)
    add_list_day_closes(routes, use_cases.list_day_closes)
    add_get_cash_book(routes, use_cases.get_cash_book)
    return routes
