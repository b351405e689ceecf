import asyncio
import json

import pytest

pytestmark = pytest.mark.anyio

PATH = "/v1/entries/bulk"


class Bulk:
    """A bulk whose last bytes come when `goes_on` is set."""

    def __init__(self, api, sale, merchant="padaria"):
        self.is_read, self.goes_on = asyncio.Event(), asyncio.Event()
        self._content = json.dumps({"mode": "atomic", "entries": [sale | {"idempotency_key": "k"}]}).encode()
        headers = {"Content-Type": "application/json"}
        self.answer = asyncio.create_task(
            api.post(PATH, content=self._pieces(), key=None, headers=headers, merchant=merchant)
        )

    async def _pieces(self):
        self.is_read.set()
        yield self._content[:10]
        await self.goes_on.wait()
        yield self._content[10:]


async def test_one_bulk_of_a_merchant_is_read_at_a_time_and_others_do_not_wait(api, sale):
    first = Bulk(api, sale)
    await first.is_read.wait()
    second, others = Bulk(api, sale), Bulk(api, sale, merchant="acougue")
    for bulk in (second, others):
        bulk.goes_on.set()
    assert (await others.answer).status_code == 201
    assert (await api.post("/v1/entries", sale)).status_code == 201
    assert not second.is_read.is_set()
    first.goes_on.set()
    assert ((await first.answer).status_code, (await second.answer).status_code) == (201, 201)


async def test_slow_bodies_of_many_merchants_hold_up_no_other_merchants_bulk(api, sale):
    slow = [Bulk(api, sale, merchant=f"m{number}") for number in range(20)]
    for bulk in slow:
        await bulk.is_read.wait()
    others = Bulk(api, sale, merchant="acougue")
    others.goes_on.set()
    assert (await others.answer).status_code == 201
    for bulk in slow:
        bulk.goes_on.set()
        assert (await bulk.answer).status_code == 201


async def test_whose_turn_does_not_come_is_told_to_come_again(api, sale):
    first = Bulk(api, sale)
    await first.is_read.wait()
    answer = await Bulk(api, sale).answer
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    first.answer.cancel()
    await asyncio.wait([first.answer])
    last = Bulk(api, sale)
    last.goes_on.set()
    assert (await last.answer).status_code == 201
