from datetime import UTC, date, datetime

import pytest

pytestmark = pytest.mark.anyio

PATH = "/v1/category-totals"
RANGE = {"from": "2026-10-03", "to": "2026-11-22"}


@pytest.fixture
def autumn(memory_read_model) -> None:
    memory_read_model.add("m1", date(2026, 10, 2), credit=7_00, category="VENDAS")
    memory_read_model.add("m1", date(2026, 10, 3), debit=90_00, category="Aluguel")
    memory_read_model.add("m1", date(2026, 11, 21), credit=150_00, category="vendas")
    memory_read_model.add("m1", date(2026, 11, 22), debit=150_00, category="vendas")
    memory_read_model.add("m1", date(2026, 11, 22), credit=20_00)
    memory_read_model.add("m1", date(2026, 11, 23), credit=1_00, category="vendas")
    memory_read_model.add("m2", date(2026, 11, 22), credit=999_00, category="vendas")


async def test_each_category_of_each_month_has_its_totals_and_they_add_up(service, autumn):
    answer = await service.http.get(PATH, params=RANGE)
    assert answer.status_code == 200
    assert answer.json() == {
        "currency": "BRL",
        "from": "2026-10-03",
        "to": "2026-11-22",
        "as_of": "2026-11-22T14:32:10.123456Z",
        "total_credits": "170.00",
        "total_debits": "240.00",
        "net": "-70.00",
        "entry_count": 4,
        "items": [
            item("2026-10", "Aluguel", "0.00", "90.00", "-90.00", 1),
            item("2026-11", "VENDAS", "150.00", "150.00", "0.00", 2),
            item("2026-11", None, "20.00", "0.00", "20.00", 1),
        ],
    }
    days = (await service.http.get("/v1/daily-balances", params=RANGE)).json()
    assert {name: days[name] for name in ("total_credits", "total_debits", "net", "entry_count", "as_of")} == {
        name: answer.json()[name] for name in ("total_credits", "total_debits", "net", "entry_count", "as_of")
    }


def item(month, category, total_credits, total_debits, net, entry_count):
    return {
        "month": month,
        "category": category,
        "total_credits": total_credits,
        "total_debits": total_debits,
        "net": net,
        "entry_count": entry_count,
    }


async def test_a_merchant_nobody_heard_of_spent_nothing(service):
    answer = (await service.http.get(PATH, params=RANGE)).json()
    assert (answer["items"], answer["net"], answer["entry_count"], answer["as_of"]) == ([], "0.00", 0, None)


async def test_an_answer_is_cached_apart_from_the_days_and_asked_for_again_by_its_etag(
    service, autumn, memory_read_model
):
    first = await service.http.get(PATH, params=RANGE)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await service.http.get(PATH, params=RANGE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["cache-status"]) == (304, b"", "fluxo; hit")
    assert memory_read_model.reads == 1
    assert (await service.http.get("/v1/daily-balances", params=RANGE)).json().keys() != first.json().keys()
    head = await service.http.head(PATH, params=RANGE)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    service.database_is_unavailable = True
    assert (await service.http.get(PATH, params=RANGE)).json()["stale"] is True


async def test_after_an_entry_the_categories_are_read_anew(service, autumn, memory_consolidation, uuid7):
    entry_id = uuid7(datetime.now(UTC))
    awaited = {**RANGE, "after_entry": str(entry_id)}
    assert (await service.http.get(PATH, params=awaited)).json()["type"] == "/problems/not-yet-consolidated"
    memory_consolidation.applied.add(("m1", entry_id))
    assert (await service.http.get(PATH, params=awaited)).headers["cache-status"] == "fluxo; fwd=bypass"


async def test_ranges_with_entries_from_before_there_were_categories_wait_for_a_rebuild(
    service, memory_read_model, memory_cache, autumn
):
    memory_read_model.entries.insert(0, ("m1", date(2026, 10, 31), 5_00, 0))
    answer = await service.http.get(PATH, params=RANGE)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/category-totals-not-built")
    assert "fluxo rebuild" in answer.json()["detail"]
    assert "retry-after" not in answer.headers
    assert not memory_cache.answers
    assert (await service.http.get(PATH, params={**RANGE, "from": "2026-11-01"})).status_code == 200


async def test_the_scope_of_balances_is_needed(service):
    service.as_merchant("m1", "entries:read")
    assert (await service.http.get(PATH, params=RANGE)).status_code == 403
