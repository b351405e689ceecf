import asyncio
from datetime import UTC, datetime

import pytest
from fluxo_balances.entrypoints.http.get_daily_balance import PATH
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

DAY = "/v1/daily-balances/2026-11-22"


async def test_while_the_database_is_unavailable_the_last_known_balance_is_served_as_stale(service, november):
    fresh = await service.http.get(DAY)
    service.database_is_unavailable = True
    answer = await service.http.get(DAY, headers={"If-None-Match": fresh.headers["etag"]})
    assert answer.json() == fresh.json() | {"stale": True}
    assert answer.headers["cache-status"] == "fluxo; hit; detail=stale"
    assert answer.headers["etag"] != fresh.headers["etag"]


async def test_a_balance_that_is_not_cached_has_to_wait_for_the_database(service, memory_read_model):
    memory_read_model.is_unavailable = True
    answer = await service.http.get(DAY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "/problems/unavailable"


async def test_too_many_readers_are_told_so_early(service, memory_read_model, virtual_time):
    busy = asyncio.Event()

    async def hang(*_args):
        await busy.wait()
        raise AssertionError

    memory_read_model.day = hang
    readers = [asyncio.create_task(service.http.get(f"/v1/daily-balances/2026-11-{day:02d}")) for day in range(1, 6)]
    done, waiting = await asyncio.wait(readers, timeout=1)
    assert {answer.result().json()["type"] for answer in done} == {"/problems/overloaded"}
    assert {answer.result().headers["retry-after"] for answer in done} == {"1"}
    assert len(waiting) == 1
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)


async def test_after_an_entry_the_answer_is_read_anew(service, november, memory_cache, memory_consolidation, uuid7):
    entry_id = uuid7(datetime.now(UTC))
    await service.http.get(DAY)
    memory_cache.answers["m1", "2026-11-22"] = b'"older than the entry"'
    memory_consolidation.applied.add(("m1", entry_id))
    answer = await service.http.get(DAY, params={"after_entry": str(entry_id)})
    assert answer.json()["closing_balance"] == "230.00"


async def test_an_entry_that_is_not_consolidated_in_time_is_said_so(service, uuid7):
    answer = await service.http.get(DAY, params={"after_entry": str(uuid7(datetime.now(UTC)))})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "/problems/not-yet-consolidated"


async def test_waits_are_measured_in_vain_ones_included(service, november, memory_consolidation, uuid7):
    def waits():
        return REGISTRY.get_sample_value("balance_after_entry_wait_seconds_count", {"route": PATH}) or 0

    entry_id, before = uuid7(datetime.now(UTC)), waits()
    await service.http.get(DAY, params={"after_entry": str(entry_id)})
    memory_consolidation.applied.add(("m1", entry_id))
    await service.http.get(DAY, params={"after_entry": str(entry_id)})
    await service.http.get(DAY)
    assert waits() == before + 2


async def test_nobody_waits_for_an_entry_while_the_database_is_known_to_be_unavailable(
    service, uuid7, memory_consolidation
):
    service.database_is_unavailable = True
    memory_consolidation.wait_for = None
    answer = await service.http.get(DAY, params={"after_entry": str(uuid7(datetime.now(UTC)))})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
