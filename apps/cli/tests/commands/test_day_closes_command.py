import json

import pytest

LINE = {
    "number": 1,
    "action": "closed",
    "date": "2026-11-30",
    "closed_through": "2026-11-30",
    "by": "ana",
    "at": "2026-12-01T11:32:10.123456Z",
    "reason": None,
    "closing_balance": "-230.00",
    "currency": "BRL",
}
REOPENED = LINE | {"number": 2, "action": "reopened", "closed_through": None, "reason": "An invoice came late"}


@pytest.fixture
def day_closes(fluxo, service):
    return lambda *arguments: fluxo("day-closes", *arguments, "--entries-url", service.url, "--token", "t")


def test_a_day_is_closed(day_closes, service):
    service.answers_with(201, LINE)
    outcome = day_closes("close", "2026-11-30")
    assert outcome.exit_status == 0
    for told in ("2026-11-30", "closed", "ana", "2026-12-01 11:32 UTC", "-230.00 BRL"):
        assert told in outcome.out
    assert "up to and with 2026-11-30" in outcome.err
    (request,) = service.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/day-closes", {"date": "2026-11-30"})


def test_a_day_is_reopened_for_a_reason(day_closes, service):
    service.answers_with(200, REOPENED)
    outcome = day_closes("reopen", "2026-11-30", "--reason", "An invoice came late")
    assert (outcome.exit_status, outcome.err) == (0, "No day is closed.\n")
    (request,) = service.requests
    assert (request.method, request.path) == ("DELETE", "/v1/day-closes/2026-11-30?reason=An+invoice+came+late")
    assert day_closes("reopen", "2026-11-30").exit_status == 2


def test_the_trail_is_listed(day_closes, service):
    trail = {"closed_through": None, "items": [REOPENED, LINE]}
    service.answers_with(200, trail)
    outcome = day_closes("list")
    assert outcome.exit_status == 0
    assert "An invoice came late" in outcome.out
    service.answers_with(200, trail)
    assert json.loads(day_closes("list", "--json").out) == trail


def test_what_the_service_refuses_is_told(day_closes, service):
    service.answers_with(409, {"title": "Not yet consolidated", "detail": "Nothing was closed: try again shortly."})
    outcome = day_closes("close", "2026-11-30")
    assert (outcome.exit_status, outcome.out) == (1, "")
    assert "try again shortly" in outcome.err
