"""Who changes a merchant's settings tells of it by the same transaction, in an order that its events carry."""

import asyncio
import io
from uuid import uuid4

import asyncpg
import pytest
from fluxo_contracts.merchant_changed import decode
from fluxo_contracts.replay import decode_header, decode_merchant
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from fluxo_entries.adapters.postgres.entry_replay import PostgresEntryReplay
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.application.totals.replay_entries import ReplayEntries
from fluxo_entries.domain.errors import CurrencyFixedError
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.entrypoints.replay import write_replay

from services.entries.tests.conftest import TRACEPARENT

pytestmark = pytest.mark.anyio

EUR = Merchant("padaria", "Padaria Sol", "EUR", "Europe/Lisbon")


@pytest.fixture
def merchants(api_pool):
    return PostgresMerchants(api_pool)


async def events(pool):
    return [decode(row["event"]) for row in await pool.fetch("SELECT event FROM outbox ORDER BY xid, seq")]


async def test_a_change_goes_to_the_stream_as_an_event(merchants, line):
    await merchants.save(EUR, TRACEPARENT)
    await line.publish()
    ((_, fields),) = await line.client.xrange(ENTRIES_STREAM)
    event = decode(fields[EVENT_FIELD.encode()])
    assert (event.subject, event.traceparent, event.id.version) == ("padaria", TRACEPARENT, 7)
    assert (event.data.name, event.data.currency, event.data.time_zone) == ("Padaria Sol", "EUR", "Europe/Lisbon")
    assert event.time == await line.pool.fetchval("SELECT changed_at FROM merchants")


async def test_a_change_that_is_refused_tells_nobody(merchants, pool, journal, recording):
    await journal.append(recording(merchant_id="padaria"))
    before = await pool.fetchval("SELECT count(*) FROM outbox")
    with pytest.raises(CurrencyFixedError):
        await merchants.save(EUR)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == before


async def test_the_last_of_many_at_once_is_the_latest_event_though_the_clock_was_set_back(merchants, pool, owner):
    await merchants.save(EUR)
    ahead = await owner.fetchval("UPDATE merchants SET changed_at = changed_at + interval '1 day' RETURNING changed_at")
    await asyncio.gather(*(merchants.save(Merchant("padaria", f"name {n}")) for n in range(8)))
    told = sorted(await events(pool), key=lambda event: event.time)
    assert len({event.time for event in told if event.time > ahead}) == 8
    assert told[-1].data.name == (await merchants.get("padaria")).name
    assert told[-1].time == await pool.fetchval("SELECT changed_at FROM merchants")


async def test_a_replay_tells_the_settings_of_merchants_without_entries(
    entries_database, merchants, journal, recording, owner
):
    await merchants.save(EUR)
    await journal.append(recording(merchant_id="banca"))
    await owner.execute("INSERT INTO merchants VALUES ('before', 'saved by the release before', 'JPY', 'Asia/Tokyo')")
    settings = {"timezone": "UTC", "datestyle": "ISO"}
    connection = await asyncpg.connect(entries_database.url, server_settings=settings)
    out = io.BytesIO()
    await write_replay(ReplayEntries(PostgresEntryReplay(connection)), uuid4(), out)
    await connection.close()
    header, *lines = out.getvalue().splitlines(keepends=True)
    assert (decode_header(header).entries, decode_header(header).merchants, len(lines)) == (1, 2, 3)
    replayed = {each.merchant_id: each for each in map(decode_merchant, lines[:2])}
    assert {merchant_id: each.currency for merchant_id, each in replayed.items()} == {"padaria": "EUR", "before": "JPY"}
    assert replayed["before"].changed_at.timestamp() == 0
