from importlib.metadata import version

from fastapi import FastAPI
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import ANSWER_WITHIN_S, create_app
from starlette.types import Scope

from fluxo_balances.application.await_entry import WAIT_MAX_S
from fluxo_balances.application.contents import Queries
from fluxo_balances.application.ready_answers import ReadyAnswers
from fluxo_balances.entrypoints.http import get_daily_balance, get_daily_balances

DESCRIPTION = """
What each day of a merchant opened and closed with.

The merchant is the one named by the token. Money is a decimal string; a day opens with the sum of all earlier days,
whatever order the entries came in, and `closing_balance = opening_balance + total_credits - total_debits`, always."""


def build_app(queries: Queries, answers: ReadyAnswers, health: Health, verifier: TokenVerifier) -> FastAPI:
    app = create_app(
        title="Fluxo balances",
        version=version("fluxo-balances"),
        description=DESCRIPTION,
        health=health,
        verifier=verifier,
        answer_within_s=_answer_within_s,
    )
    app.state.queries = queries
    app.state.answers = answers
    app.include_router(get_daily_balance.router)
    app.include_router(get_daily_balances.router)
    return app


def _answer_within_s(scope: Scope) -> float:
    """Whoever waits for an entry waits for that first."""
    return ANSWER_WITHIN_S + (WAIT_MAX_S if b"after_entry=" in scope["query_string"] else 0)
