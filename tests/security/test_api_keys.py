"""An API key may what its scopes say, for its own merchant, until it expires or is revoked; and never makes another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from fluxo_chassis.auth.api_keys import hash_of, new_key
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.settings import ProcessSettings

from deploy.permissions import KEY_SCOPES, SERVICES
from services.entries.tests.fakes import FakeApiKeys
from tests.security.in_memory import FOREIGN, FOREIGN_MARKS, OWN, OWN_MARKS, ask
from tests.security.requests import NEW_KEY, asked

pytestmark = pytest.mark.anyio

KEY_ID = UUID("019ac5a0-0000-7000-9000-00000000beef")
EACH = [(service, route) for service, routes in SERVICES.items() for route in routes if route.scope is not None]
NAMES = [f"{service} {route.method} {route.path}" for service, route in EACH]


async def answer_to(system, service, route, key):
    request = asked(route.method, route.path)
    return await ask(
        system.apps[service], route.method, request.path, token=key, headers=request.headers, json=request.json
    )


@pytest.mark.parametrize(("service", "route"), EACH, ids=NAMES)
async def test_a_key_may_what_its_scopes_say_and_manages_nothing(system, service, route):
    for scopes in (KEY_SCOPES, KEY_SCOPES & {route.scope}, KEY_SCOPES - {route.scope}, {"api-keys:manage"}):
        before, key = system.state(), system.add_key(OWN, KEY_ID, "a machine", scopes)
        given = system.state()
        answer = await answer_to(system, service, route, key)
        if route.scope in scopes & KEY_SCOPES:
            assert 200 <= answer.status < 300
        else:
            assert (answer.status, answer.json["type"]) == (403, "/problems/forbidden")
            assert not any(mark in answer.text for mark in OWN_MARKS)
            assert system.state() == given
        assert not any(mark in answer.text for mark in FOREIGN_MARKS)
        system.restore(before)


@pytest.mark.parametrize(("service", "route"), EACH, ids=NAMES)
async def test_a_key_that_is_none_any_more_is_no_token(system, service, route):
    now = datetime.now(UTC)
    keys = [
        system.add_key(OWN, UUID(int=1), "revoked", revoked_at=now),
        system.add_key(OWN, UUID(int=2), "expired", expires_at=now - timedelta(seconds=1)),
        new_key(UUID(int=3))[0],
        new_key(KEY_ID)[0],
    ]
    system.add_key(OWN, KEY_ID, "another secret")
    before = system.state()
    for key in keys:
        answer = await answer_to(system, service, route, key)
        assert (answer.status, answer.json["type"]) == (401, "/problems/unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert key not in answer.text
    assert system.state() == before


@pytest.mark.parametrize(("service", "route"), EACH, ids=NAMES)
async def test_a_key_of_another_merchant_sees_its_own_books_alone(system, service, route):
    key, of_own = system.add_key(FOREIGN, KEY_ID, "theirs"), system.state(OWN)
    answer = await answer_to(system, service, route, key)
    assert answer.status < 500
    sent = str(asked(route.method, route.path))
    assert not any(mark in answer.text for mark in OWN_MARKS if mark not in sent)
    assert system.state(OWN) == of_own


async def test_nobody_gives_a_key_more_than_they_have(system):
    for role, scopes, status in (
        ("owner", {"api-keys:manage", "entries:write"}, 201),
        ("owner", {"api-keys:manage", "entries:read"}, 403),
        ("operator", KEY_SCOPES | {"api-keys:manage"}, 403),
    ):
        token = system.issuer.token(role, scopes)
        answer = await ask(system.apps["entries"], "POST", "/v1/api-keys", token=token, json=NEW_KEY)
        assert answer.status == status


async def test_no_log_line_and_no_metric_holds_a_key_or_its_hash(system, logging_restored, capfdbinary):
    configure_logging(ProcessSettings(log_format="json", log_level="debug"), "fluxo")
    good = system.add_key(OWN, KEY_ID, "a machine")
    keys = [good, system.add_key(OWN, UUID(int=1), "revoked", revoked_at=datetime.now(UTC)), new_key(UUID(int=2))[0]]
    token = system.issuer.token("owner")
    created = await ask(system.apps["entries"], "POST", "/v1/api-keys", token=token, json=NEW_KEY)
    keys.append(created.json["key"])
    for service, route in EACH:
        for key in (*keys, good[:-1]):
            await answer_to(system, service, route, key)
            await ask(system.apps[service], route.method, f"{asked(route.method, route.path).path}?key={key}")
    metrics = "".join([(await ask(app, "GET", "/metrics")).text for app in system.apps.values()])
    written = capfdbinary.readouterr().out.decode()
    assert written.count('"message":"request"') > len(EACH) * len(keys)
    for key in keys:
        for secret in (key, key[35:], hash_of(key).hex(), repr(hash_of(key))):
            assert secret not in written + metrics


@pytest.mark.parametrize("service", SERVICES)
async def test_a_key_that_cannot_be_looked_up_is_not_refused_but_asked_to_come_again(system, service, monkeypatch):
    async def is_away(_self, _key_id):
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    monkeypatch.setattr(FakeApiKeys, "find", is_away)
    route = next(each for each in SERVICES[service] if each.scope in KEY_SCOPES)
    answer = await answer_to(system, service, route, system.add_key(OWN, KEY_ID, "a machine"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
