"""The entries application over a fake service: one for all, as to build it takes longer than to ask it."""

import functools

from fastapi import FastAPI
from fluxo_chassis.health import Health
from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.entrypoints.http.app import create_entries_app

from services.entries.tests.fakes import FakeService, FakeVerifier
from tests.harness.stand_in import let_stand_for, stand_ins


@functools.cache
def _app() -> tuple[FastAPI, ApiUseCases]:
    application = stand_ins(ApiUseCases)
    return create_entries_app(application, health=Health(), verifier=FakeVerifier()), application


def app_over(service: FakeService) -> FastAPI:
    """Return the one application, with this service's use cases."""
    app, standing = _app()
    app.state.account.settle()
    let_stand_for(standing, service.use_cases)
    return app
