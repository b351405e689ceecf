import json

import pytest

ID = "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70"
KEY = {
    "id": ID,
    "name": "caixa 3",
    "scopes": ["balances:read", "entries:read"],
    "created_at": "2026-11-22T14:32:10.123456Z",
    "expires_at": "2028-01-01T00:00:00.000000Z",
    "last_used_at": None,
}


@pytest.fixture
def api_keys(fluxo, service):
    return lambda *arguments: fluxo("api-keys", *arguments, "--entries-url", service.url, "--token", "t")


def test_a_key_is_printed_alone_and_the_rest_beside_it(api_keys, service):
    service.answers_with(201, KEY | {"key": "fx_made-up"})
    outcome = api_keys(
        "create", "--name", "caixa 3", "--scope", "balances:read entries:read", "--expires", "2027-12-31"
    )
    assert (outcome.exit_status, outcome.out) == (0, "fx_made-up\n")
    assert f"fluxo api-keys revoke {ID}" in outcome.err
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", "/v1/api-keys")
    assert request.body == {
        "name": "caixa 3",
        "scopes": ["balances:read", "entries:read"],
        "expires_at": "2028-01-01T00:00:00Z",
    }


def test_the_last_day_that_there_is_may_be_the_last_one(api_keys, service):
    service.answers_with(201, KEY | {"key": "fx_made-up"})
    api_keys("create", "--name", "caixa 3", "--scope", "entries:read", "--expires", "9999-12-31")
    assert [request.body["expires_at"] for request in service.requests] == ["9999-12-31T23:59:59Z"]


def test_a_key_that_may_have_been_made_is_not_made_again(api_keys, service):
    service.hangs_up()
    outcome = api_keys("create", "--name", "caixa 3", "--scope", "entries:read", "--json")
    assert (outcome.exit_status, len(service.requests)) == (3, 1)


def test_what_the_service_refuses_is_told(api_keys, service):
    service.answers_with(409, {"title": "Name taken", "detail": "Another key has this name."})
    outcome = api_keys("create", "--name", "caixa 3", "--scope", "entries:read")
    assert (outcome.exit_status, outcome.out) == (1, "")
    assert "Another key has this name." in outcome.err


@pytest.mark.parametrize(
    ("in_entries", "in_balances", "last"),
    [
        (None, None, None),
        ("2026-11-22T14:32:10.100000Z", None, "2026-11-22T14:32:10.100000Z"),
        ("2026-11-22T14:32:10.100000Z", "2026-11-23T09:00:00.000000Z", "2026-11-23T09:00:00.000000Z"),
    ],
)
def test_a_key_was_used_when_either_service_saw_it_last(api_keys, service, in_entries, in_balances, last):
    for arguments in (("--json",), ()):
        service.answers.clear()
        service.answers_with(200, {"items": [KEY | {"last_used_at": in_entries}]})
        service.answers_with(200, {"items": [{"id": ID, "last_used_at": in_balances}]})
        outcome = api_keys("list", "--balances-url", service.url, *arguments)
        assert outcome.exit_status == 0
        if arguments:
            assert json.loads(outcome.out) == {"items": [KEY | {"last_used_at": last}]}
    assert all(part in outcome.out for part in (ID, "caixa 3", "balances:read", "2028-01-01 00:00 UTC"))
    assert last is None or f"{last[:10]} {last[11:16]}" in outcome.out


def test_keys_are_listed_without_the_balances_service(api_keys, service):
    service.answers_with(200, {"items": [KEY]})
    outcome = api_keys("list")
    assert (outcome.exit_status, "caixa 3" in outcome.out) == (0, True)
    assert "is not known" in outcome.err


def test_a_key_is_revoked_by_its_id(api_keys, service):
    service.answers_with(204, b"")
    outcome = api_keys("revoke", ID)
    assert (outcome.exit_status, outcome.out) == (0, "Revoked.\n")
    assert (service.requests[0].method, service.requests[0].path) == ("DELETE", f"/v1/api-keys/{ID}")
    assert api_keys("revoke", "caixa").exit_status == 2
