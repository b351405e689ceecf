"""The balances application over what a test gives: one for all, as to build it takes longer than to ask it."""

import functools

from fastapi import FastAPI
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.app import create_balances_app
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.health import Health

from tests.harness.stand_in import StandIn, let_stand_for, stand_ins


@functools.cache
def _app() -> tuple[FastAPI, ApiUseCases, StandIn]:
    use_cases, answers = stand_ins(ApiUseCases), StandIn()
    return create_balances_app(use_cases, answers, health=Health(), verifier=StandIn()), use_cases, answers


def app_over(use_cases: ApiUseCases, answers: AnswerCache, verifier: TokenVerifier) -> FastAPI:
    """Return the one application, with these."""
    app, standing, answers_stand_in = _app()
    app.state.account.settle()
    app.state.verifier, app.state.rate_limits = verifier, None
    answers_stand_in.stands_for = answers
    let_stand_for(standing, use_cases)
    return app
