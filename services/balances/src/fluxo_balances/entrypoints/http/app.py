from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import ANSWER_WITHIN_S, create_app
from fluxo_chassis.http.fast.direct import DirectRoute, add_routes
from starlette.types import Scope

from fluxo_balances.application.reading.await_entry import WAIT_MAX_S
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.follow_changes import add_follow_changes
from fluxo_balances.entrypoints.http.get_category_totals import add_get_category_totals
from fluxo_balances.entrypoints.http.get_daily_balance import add_get_daily_balance
from fluxo_balances.entrypoints.http.get_daily_balances import add_get_daily_balances
from fluxo_balances.entrypoints.http.list_api_key_uses import add_list_api_key_uses
from fluxo_balances.entrypoints.http.problems import install_problems
from fluxo_balances.entrypoints.http.respond import Respond

DESCRIPTION: Final = """
What each day of a merchant opened and closed with, and where the money went.

The merchant is the one named by the token or the API key. Money is a decimal string; a day opens with the sum of all
earlier days, whatever order the entries came in, and
`closing_balance = opening_balance + total_credits - total_debits`, always."""


def create_balances_app(
    use_cases: ApiUseCases,
    answers: AnswerCache,
    *,
    health: Health,
    verifier: TokenVerifier,
    cors_origins: Sequence[str] = (),
) -> FastAPI:
    """Return the HTTP API of the use cases, which are asked for what `answers` does not hold."""
    app = create_app(
        title="Fluxo balances",
        version=version("fluxo-balances"),
        description=DESCRIPTION,
        health=health,
        development_port=8002,
        verifier=verifier,
        cors_origins=cors_origins,
        answer_within_s=_answer_within_s,
    )
    respond = Respond(answers, use_cases.await_entry)
    add_routes(app, _daily_balances(use_cases, respond))
    add_routes(app, _category_totals(use_cases, respond))
    add_routes(app, _api_keys(use_cases))
    install_problems(app)
    return app


def _daily_balances(use_cases: ApiUseCases, respond: Respond) -> APIRouter:
    routes = APIRouter(tags=["daily balances"], route_class=DirectRoute)
    add_follow_changes(routes, use_cases.follow_changes)
    add_get_daily_balance(routes, use_cases.get_daily_balance, respond)
    add_get_daily_balances(routes, use_cases.get_daily_balances, respond)
    return routes


def _category_totals(use_cases: ApiUseCases, respond: Respond) -> APIRouter:
    routes = APIRouter(tags=["category totals"], route_class=DirectRoute)
    add_get_category_totals(routes, use_cases.get_category_totals, respond)
    return routes


def _api_keys(use_cases: ApiUseCases) -> APIRouter:
    routes = APIRouter(tags=["API keys"], route_class=DirectRoute)
    add_list_api_key_uses(routes, use_cases.list_api_key_uses)
    return routes


def _answer_within_s(scope: Scope) -> float:
    """Whoever waits for an entry waits for that first."""
    return ANSWER_WITHIN_S + (WAIT_MAX_S if b"after_entry=" in scope["query_string"] else 0)
