import asyncio
import time

import httpx2
import pytest
from fluxo_chassis.health import Health, Observation, health_app, monitor

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


class Dependency:
    def __init__(self, *, up=True):
        self.up = up

    async def probe(self):
        if not self.up:
            raise ConnectionError("postgresql://user:secret@host")
        return Observation("pass", 0.4, "ms")


async def ask(health, path):
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(health_app(health)), base_url="http://test") as client:
        return await client.get(path)


async def when_looked_at_again():
    await asyncio.sleep(monitor.INTERVAL_S + 1)


async def test_a_process_whose_dependencies_answer_is_ready_and_passes():
    health = Health()
    health.add("database", Dependency().probe, required=True)
    async with health.monitoring():
        assert (await ask(health, "/health/ready")).status_code == 200
        answer = await ask(health, "/health")
    assert answer.headers["content-type"] == "application/health+json"
    (check,) = answer.json()["checks"]["database"]
    assert check.pop("time").endswith("Z")
    assert answer.json()["status"] == "pass"
    assert check == {"status": "pass", "observedValue": 0.4, "observedUnit": "ms"}


async def test_without_a_required_dependency_it_is_alive_but_not_ready_and_tells_no_secret():
    database = Dependency()
    health = Health()
    health.add("database", database.probe, required=True)
    async with health.monitoring():
        database.up = False
        await when_looked_at_again()
        assert not health.is_ready()
        assert (await ask(health, "/health/ready")).status_code == 503
        assert (await ask(health, "/health/live")).status_code == 200
        report = await ask(health, "/health")
        assert report.status_code == 503
        assert report.json()["checks"]["database"][0]["output"] == "ConnectionError"
        assert "secret" not in report.text
        database.up = True
        await when_looked_at_again()
        assert health.is_ready()


async def test_without_an_optional_dependency_it_is_ready_and_warns():
    health = Health()
    health.add("streams", Dependency(up=False).probe, required=False)
    async with health.monitoring():
        assert (await ask(health, "/health/ready")).status_code == 200
        report = await ask(health, "/health")
        assert (report.status_code, report.json()["status"]) == (200, "warn")


async def test_one_of_two_alternatives_is_enough():
    database, cache = Dependency(), Dependency(up=False)
    health = Health()
    health.add("database", database.probe, required=False)
    health.add("cache", cache.probe, required=False)
    health.require_any("database", "cache")
    async with health.monitoring():
        assert health.is_ready()
        assert health.status("cache") == "fail"
        database.up = False
        await when_looked_at_again()
        assert not health.is_ready()


async def test_a_dependency_that_hangs_fails_and_no_question_waits_for_it():
    async def hang():
        await asyncio.Event().wait()

    health = Health()
    health.add("database", hang, required=True)
    async with health.monitoring():
        began = time.monotonic()
        answer = await ask(health, "/health")
        assert time.monotonic() == began
    assert answer.json()["checks"]["database"][0]["output"] == f"no answer within {monitor.PROBE_TIMEOUT_S:g} s"


async def test_a_worker_shows_its_metrics():
    answer = await ask(Health(), "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE http_request_duration_seconds histogram" in answer.text
