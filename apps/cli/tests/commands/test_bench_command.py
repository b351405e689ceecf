import json

BALANCE = {"date": "2026-11-22", "closing_balance": "1.00"}


def arguments(service, *more: str) -> list[str]:
    return ["bench", "--url", service.url, "--token", "a-token", "--seconds", "1", "--connections", "2", *more]


def test_reads_are_sent_at_the_rate_asked_for_and_nothing_is_recorded(fluxo, service):
    service.answers_with(200, BALANCE)
    ended = fluxo(*arguments(service, "--read-rate", "20", "--json"))
    assert ended.exit_status == 0, ended.err
    found = json.loads(ended.out)
    assert found["reads"]["requests"] == 20
    assert found["reads"]["errors"] == 0
    assert found["reads"]["statuses"] == {"200": 20}
    assert 0 < found["reads"]["p50_ms"] <= found["reads"]["p99_ms"]
    assert "writes" not in found
    assert {request.method for request in service.requests} == {"GET"}
    assert {request.headers["Authorization"] for request in service.requests} == {"Bearer a-token"}


def test_writes_are_marked_as_tests_add_up_to_nothing_and_never_share_a_key(fluxo, service):
    service.answers_with(200, BALANCE)
    ended = fluxo(*arguments(service, "--read-rate", "0", "--write-rate", "10", "--yes", "--json"))
    assert ended.exit_status == 0, ended.err
    assert json.loads(ended.out)["writes"]["requests"] == 10
    written = [request for request in service.requests if request.method == "POST"]
    assert len({request.headers["Idempotency-Key"] for request in written}) == 10
    assert {request.body["category"] for request in written} == {"fluxo-bench"}
    assert sorted(request.body["direction"] for request in written) == ["credit"] * 5 + ["debit"] * 5
    assert {request.body["amount"] for request in written} == {"0.01"}


def test_nothing_is_recorded_when_nobody_can_be_asked(fluxo, service):
    service.answers_with(200, BALANCE)
    ended = fluxo(*arguments(service, "--write-rate", "10"))
    assert ended.exit_status == 2
    assert "--yes" in ended.err
    assert {request.method for request in service.requests} == {"GET"}


def test_failed_requests_are_counted_by_their_status_and_fail_the_command(fluxo, service):
    service.answers_with(200, BALANCE)
    service.answers_with(200, BALANCE)
    service.answers_with(503, {"title": "Too busy"})
    ended = fluxo(*arguments(service, "--read-rate", "10"))
    assert ended.exit_status == 1
    assert "9 reads got status 503" in ended.err
    assert "p99" in ended.out


def test_a_token_that_is_refused_is_said_once_and_no_load_is_sent(fluxo, service):
    service.answers_with(401, {"title": "Not authenticated"})
    ended = fluxo(*arguments(service))
    assert ended.exit_status == 1
    assert "Not authenticated" in ended.err
    assert len(service.requests) == 1


def test_nothing_to_do_is_bad_usage(fluxo, service):
    ended = fluxo(*arguments(service, "--read-rate", "0"))
    assert ended.exit_status == 2
    assert "nothing to do" in ended.err
