"""How often the text of the metrics is made, in virtual time."""

import asyncio

import pytest
from fluxo_chassis.observability.metrics import http_metrics
from fluxo_chassis.observability.metrics.http_metrics import EVERY_S, Scrapes
from prometheus_client import Counter
from starlette.requests import Request

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

REQUEST = Request({"type": "http"})
counted = Counter("scrapes_test", "Counted by a test.")


@pytest.fixture
def scrapes(monkeypatch):
    scrapes = Scrapes(lambda: None)
    scrapes.made = 0
    generate = http_metrics.generate_latest

    def generated():
        scrapes.made += 1
        return generate()

    monkeypatch.setattr(http_metrics, "generate_latest", generated)
    return scrapes


async def test_a_crowd_shares_ten_texts_a_second(scrapes):
    async def ask():
        for _ in range(20):
            assert (await scrapes.answer(REQUEST)).status_code == 200

    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(ask() for _ in range(64)))
    assert scrapes.made == 20
    assert loop.time() - began == pytest.approx(19 * EVERY_S)


async def test_one_who_asks_now_and_then_is_answered_at_once(scrapes):
    loop = asyncio.get_running_loop()
    for _ in range(3):
        began = loop.time()
        await scrapes.answer(REQUEST)
        assert loop.time() == began
        await asyncio.sleep(15)


async def test_whatever_happened_before_one_asked_is_in_the_text(scrapes):
    for number in range(1, 6):
        counted.inc()
        assert f"scrapes_test_total {number}.0".encode() in (await scrapes.answer(REQUEST)).body


async def test_who_leaves_takes_the_text_from_nobody(scrapes):
    await scrapes.answer(REQUEST)
    leaving, staying = (asyncio.create_task(scrapes.answer(REQUEST)) for _ in range(2))
    await asyncio.sleep(EVERY_S / 2)
    leaving.cancel()
    assert (await staying).status_code == 200
    assert scrapes.made == 2
