import socket

import pytest
from fluxo_cli.api.client import ServiceClient
from fluxo_local.errors import CommandError

OVERLOADED = {"type": "/problems/unavailable", "title": "Too busy", "status": 503, "detail": "Try again."}


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def client(service, waited):
    with ServiceClient("entries", service.url, "a-token", sleep=waited.append) as client:
        yield client


def record(client):
    return client.post("/v1/entries", {"amount": "1.00"}, idempotency_key="key-1")


def keys(service):
    return [request.headers["Idempotency-Key"] for request in service.requests]


def test_a_write_carries_the_token_and_its_key(client, service):
    service.answers_with(201, {"id": "1"})
    assert record(client).json() == {"id": "1"}
    (request,) = service.requests
    assert request.headers["Authorization"] == "Bearer a-token"
    assert request.headers["Idempotency-Key"] == "key-1"
    assert request.body == {"amount": "1.00"}


def test_an_overloaded_service_is_asked_again_with_the_same_key_after_the_time_it_names(client, service, waited):
    service.answers_with(503, OVERLOADED, Retry_After="7")
    service.answers_with(503, OVERLOADED)
    service.answers_with(201, {"id": "1"})
    assert record(client).status_code == 201
    assert keys(service) == ["key-1"] * 3
    assert waited == [7.0, 0.6]


def test_who_asked_for_too_much_waits_as_long_as_the_service_says_and_nothing_was_done(client, service, waited):
    service.answers_with(429, {"title": "Too many requests"}, Retry_After="4")
    service.answers_with(201, {"id": "1"})
    assert record(client).status_code == 201
    assert waited == [4.0]


def test_a_share_that_is_long_used_up_is_told_and_nothing_may_have_been_recorded(client, service, waited):
    service.answers_with(429, {"title": "Too many requests"}, Retry_After="40")
    with pytest.raises(CommandError) as failure:
        record(client)
    assert (str(failure.value), failure.value.exit_status) == ("Too many requests", 1)
    assert waited == [30.0, 30.0, 30.0]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(client, service):
    service.hangs_up()
    service.hangs_up()
    service.answers_with(201, {"id": "1"})
    assert record(client).status_code == 201
    assert keys(service) == ["key-1"] * 3


def test_after_three_more_attempts_it_gives_up_and_says_how_to_find_out(client, service, waited):
    service.hangs_up()
    with pytest.raises(CommandError, match="--key key-1") as failure:
        record(client)
    assert failure.value.exit_status == 3
    assert keys(service) == ["key-1"] * 4
    assert len(waited) == 3


def test_an_overload_that_lasts_is_told_in_the_services_words(client, service):
    service.answers_with(503, OVERLOADED | {"trace_id": "4bf9"})
    with pytest.raises(CommandError) as failure:
        record(client)
    assert failure.value.exit_status == 3
    assert str(failure.value).startswith("Too busy\nTry again.\n")
    assert "4bf9" in str(failure.value)


def test_a_service_that_is_not_there_has_recorded_nothing(waited):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with ServiceClient("entries", url, "t", sleep=waited.append) as client, pytest.raises(CommandError) as failure:
            record(client)
    assert failure.value.exit_status == 3
    assert "fluxo up" in str(failure.value)
    assert "--key" not in str(failure.value)
    assert len(waited) == 3


def test_a_refusal_names_every_bad_field_and_is_not_repeated(client, service):
    service.answers_with(
        422,
        {
            "type": "/problems/validation",
            "title": "Some fields are not right",
            "status": 422,
            "detail": "2 fields are not right.",
            "errors": [
                {"pointer": "/amount", "detail": "Greater than zero."},
                {"pointer": "/description", "detail": "Required."},
            ],
        },
    )
    with pytest.raises(CommandError) as failure:
        record(client)
    assert failure.value.exit_status == 1
    assert str(failure.value).splitlines() == [
        "Some fields are not right",
        "2 fields are not right.",
        "  • /amount: Greater than zero.",
        "  • /description: Required.",
    ]
    assert len(service.requests) == 1


def test_a_refusal_without_a_problem_still_says_what_happened(client, service):
    service.answers_with(413, b"<html>too large</html>")
    with pytest.raises(CommandError, match="answered 413") as failure:
        record(client)
    assert failure.value.exit_status == 1


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"[]"])
def test_something_else_at_the_address_is_not_taken_for_the_service(client, service, answer):
    service.answers_with(200, answer)
    with pytest.raises(CommandError, match="check the address") as failure:
        client.get("/v1/entries")
    assert failure.value.exit_status == 3


def test_a_token_is_not_carried_along_a_redirect(client, service):
    service.answers_with(307, b"", Location=f"{service.url}/elsewhere")
    with pytest.raises(CommandError):
        client.get("/v1/entries")
    assert [request.path for request in service.requests] == ["/v1/entries"]


def test_a_refusal_cannot_repaint_the_terminal(client, service):
    service.answers_with(422, {"title": "Bad \x1b[2J", "detail": "\x1b]0;owned\x07"})
    with pytest.raises(CommandError) as failure:
        record(client)
    assert "\x1b" not in str(failure.value)
