import pytest
from fluxo_balances.settings import ApiSettings

pytestmark = pytest.mark.anyio

DAY = "/v1/daily-balances/2026-11-22"
RANGE = "/v1/daily-balances"


async def test_a_day_opens_with_all_earlier_days_and_closes_with_its_own(service, november):
    answer = await service.http.get(DAY)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "date": "2026-11-22",
        "currency": "BRL",
        "opening_balance": "100.00",
        "total_credits": "150.00",
        "total_debits": "20.00",
        "net": "130.00",
        "closing_balance": "230.00",
        "entry_count": 2,
        "as_of": "2026-11-22T14:32:10.123456Z",
    }


async def test_a_merchant_sees_only_its_own(service, november):
    service.as_merchant("m2")
    assert (await service.http.get(DAY)).json()["closing_balance"] == "999.00"


async def test_a_range_shows_every_day(service, november):
    answer = await service.http.get(RANGE, params={"from": "2026-11-20", "to": "2026-11-22"})
    body = answer.json()
    assert [item["date"] for item in body["items"]] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert [item["closing_balance"] for item in body["items"]] == ["100.00", "100.00", "230.00"]
    assert (body["opening_balance"], body["net"], body["closing_balance"]) == ("100.00", "130.00", "230.00")


async def test_without_a_token_or_its_scope_there_is_no_balance(service):
    service.as_merchant("m1", "entries:read")
    assert (await service.http.get(DAY)).status_code == 403
    del service.http.headers["Authorization"]
    answer = await service.http.get(DAY)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_accountant_may_read(service):
    service.as_merchant("m1", "balances:read", role="accountant")
    assert (await service.http.get(DAY)).status_code == 200


async def test_the_document_describes_every_operation_and_every_answer(service):
    document = (await service.http.get("/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    balances = {"getDailyBalance", "listDailyBalances", "getCategoryTotals"}
    assert {operation["operationId"] for operation in operations} == balances | {"followChanges", "listApiKeyUses"}
    port = ApiSettings.model_fields["port"].default
    assert [server["url"] for server in document["servers"]] == ["/", f"http://127.0.0.1:{port}"]
    for operation in (operation for operation in operations if operation["operationId"] in balances):
        assert {"200", "304", "401", "403", "422", "503"} <= set(operation["responses"])
        assert list(operation["responses"]["200"]["content"]) == ["application/json"]
        assert "content" not in operation["responses"]["304"]
        assert "ETag" in operation["responses"]["304"]["headers"]
        condition = next(each for each in operation["parameters"] if each["name"] == "If-None-Match")
        assert (condition["in"], condition["required"]) == ("header", False)
        for status in ("401", "403", "422", "503"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


async def test_the_document_describes_the_stream_of_changes(service):
    operation = (await service.http.get("/openapi.json")).json()["paths"]["/v1/daily-balances/changes"]["get"]
    assert {"200", "401", "403", "503"} <= set(operation["responses"])
    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert [each["name"] for each in operation["parameters"]] == ["Last-Event-ID"]
    assert "Retry-After" in operation["responses"]["503"]["headers"]
    assert "`AwaitEntry`" not in operation["description"]
