"""Whatever a bulk holds, others have their turn in between: by the processor time between two turns."""

import asyncio
import gc
import json
import time
from contextlib import nullcontext

import orjson
import pytest
from fluxo_chassis.http.json_in_turns import AT_ONCE_BYTES
from fluxo_entries.application import cooperative
from fluxo_entries.application.cooperative import PIECE_ITEMS
from fluxo_entries.bootstrap.api import CYCLES_LOOKED_FOR_AFTER
from fluxo_entries.entrypoints.http import record_entries_in_bulk

pytestmark = pytest.mark.anyio

TOTAL_BYTES = 1024 * 1024
AT_ONCE_S = 0.25
"""What is meant is 50 ms; a machine under test is slower."""

SALE = {"direction": "credit", "amount": "1.00", "description": "x", "idempotency_key": "a"}
ITEMS = {
    "numbers": b"1",
    "lists": b"[" * 30 + b"]" * 30,
    "objects": b"{}",
    "good ones": json.dumps(SALE).encode(),
    "two dozen fields": b"{%b}" % b",".join(b'"%d":0' % number for number in range(24)),
    "many fields": b"{%b}" % b",".join(b'"%d":0' % number for number in range(5_000)),
    "long names": b'{"%b":0}' % (b"n" * 60_000),
    "a long text": json.dumps(SALE | {"description": "\u0958" * 8_000}).encode(),
    "a long amount": json.dumps(SALE | {"amount": "9" * 60_000}).encode(),
    "a long number": b'{"amount":%b}' % (b"9" * 4_000),
    "a long key": json.dumps(SALE | {"idempotency_key": "k" * 60_000}).encode(),
    "a deep one": b'{"amount":%b}' % (b"[" * 45 + b"]" * 45),
}


@pytest.fixture
def nobody_elses_garbage(api):
    """The collector does as in the API, and does not go through what other tests left."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*CYCLES_LOOKED_FOR_AFTER)
    yield
    gc.set_threshold(*usual)


@pytest.fixture
def nobody_elses_entries(monkeypatch):
    """No test before has recorded one a moment ago: a rest would not end, for time stands still while others work."""
    monkeypatch.setattr(cooperative, "short_work", cooperative.ShortWork())


@pytest.mark.usefixtures("nobody_elses_garbage", "nobody_elses_entries")
@pytest.mark.parametrize("mode", ["partial", "atomic", "check"])
@pytest.mark.parametrize("name", ITEMS)
async def test_no_bulk_holds_others_up(api, name, mode):
    item = ITEMS[name]
    count = min(10_000, TOTAL_BYTES // (len(item) + 1))
    body = b'{"mode":"%b","entries":[%b]}' % (mode.encode(), b",".join([item] * count))
    answering = asyncio.create_task(
        api.post("/v1/entries/bulk", content=body, key=None, headers={"Content-Type": "application/json"})
    )
    longest, last = 0.0, time.thread_time()
    while not answering.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    assert (await answering).status_code < 500
    assert longest < AT_ONCE_S


@pytest.mark.parametrize("single_entries_come", [True, False])
async def test_where_single_entries_come_there_are_rests_while_a_body_is_read(api, monkeypatch, single_entries_come):
    rests, sleep = [], asyncio.sleep

    async def noted(seconds):
        if seconds:
            rests.append(seconds)
        await sleep(0)

    monkeypatch.setattr(cooperative, "short_work", short_work := cooperative.ShortWork())
    monkeypatch.setattr(cooperative.asyncio, "sleep", noted)
    # No such mode: it is refused when it was read, and before an item is looked into.
    body = orjson.dumps({"mode": "most", "entries": [SALE] * 2_000})

    with short_work if single_entries_come else nullcontext():
        answer = await api.post(
            "/v1/entries/bulk", content=body, key=None, headers={"Content-Type": "application/json"}
        )

    assert answer.status_code == 422
    assert (len(rests) > len(body) // AT_ONCE_BYTES) if single_entries_come else not rests


@pytest.mark.parametrize("mode", ["partial", "atomic", "check"])
async def test_an_answer_is_rendered_piece_by_piece_and_reads_as_one(api, monkeypatch, mode):
    rendered = []

    def encode(items):
        rendered.append(len(items))
        return orjson.dumps(items)

    monkeypatch.setattr(record_entries_in_bulk, "encode", encode)
    items = [SALE | {"idempotency_key": f"k{number}"} for number in range(1_050)]

    answer = await api.post("/v1/entries/bulk", json={"mode": mode, "entries": items}, key=None)

    assert rendered == [PIECE_ITEMS] * 8 + [50]
    assert len(answer.json()["items"]) == 1_050
    assert answer.content == orjson.dumps(answer.json())
