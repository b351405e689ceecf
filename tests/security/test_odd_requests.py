"""Whatever is sent in whatever role: no 5xx, nothing of another merchant, no stack trace, nothing that is not allowed.

Some hundred requests that the OpenAPI documents forbid or allow; `make abuse` sends thousands.
"""

import asyncio
import os

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode

from deploy.permissions import ROLES, SERVICES, may
from tests.security.in_memory import FOREIGN, FOREIGN_MARKS, OWN_MARKS, ask

CASES_IN_THE_GATE = 6
CASES = int(os.environ.get("FLUXO_ABUSE_CASES", CASES_IN_THE_GATE))
"""For each route and role."""

NO_TOKEN = None
SOME_ROLES = (*ROLES, "intern", NO_TOKEN)
ROUTES = [(service, each) for service, routes in SERVICES.items() for each in routes if each.scope is not None]
NAMES = [f"{service} {each.method} {each.path}" for service, each in ROUTES]
TRACES = ("Traceback", 'File "', "site-packages", '.py", line')


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def operations(one_system):
    """Each route as its OpenAPI document describes it."""
    schemas = {name: schemathesis.openapi.from_dict(app.openapi()) for name, app in one_system.apps.items()}
    return {(service, each): schemas[service][each.path][each.method] for service, each in ROUTES}


@pytest.mark.parametrize("role", SOME_ROLES, ids=lambda role: "no token" if role is NO_TOKEN else role or "no role")
@pytest.mark.parametrize(("service", "route"), ROUTES, ids=NAMES)
def test_an_odd_request_does_no_harm(system, runner, operations, service, route, role):
    app, before, of_foreign = system.apps[service], system.state(), system.state(FOREIGN)
    operation = operations[service, route]
    odd = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    plain = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    is_allowed = role is not NO_TOKEN and may(role, [route.scope], route.scope)

    @hypothesis.settings(
        max_examples=CASES,
        derandomize=CASES == CASES_IN_THE_GATE,  # what the gate says of a commit, it says again
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=hypothesis.strategies.one_of(odd, plain))
    def send(case):
        answer = runner.run(ask(app, **as_sent(case), token=None if role is NO_TOKEN else system.issuer.token(role)))
        assert answer.status < 500 or is_announced(answer), answer.text
        assert not any(mark in answer.text for mark in (*FOREIGN_MARKS, *TRACES))
        if not is_allowed:
            assert 400 <= answer.status < 500
            assert not any(mark in answer.text for mark in OWN_MARKS)
            assert system.state() == before

    send()
    assert system.state(FOREIGN) == of_foreign


def as_sent(case) -> dict:
    """Return what goes over the network; its own token counts only where no other is given."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://fluxo")).prepare()
    content = request.body or b""
    content = content.encode() if isinstance(content, str) else content
    headers = {name.lower(): value for name, value in request.headers.items()}
    return {"method": request.method, "path": request.path_url, "headers": headers, "content": content}


def is_announced(answer) -> bool:
    return answer.status == 503 and answer.json["type"] == "/problems/not-yet-consolidated"
