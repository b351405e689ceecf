"""API keys in the database: only hashes, one of a name, so many of a merchant, and each change with its event."""

import asyncio
import io
import math
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from fluxo_chassis.auth.api_keys import new_key
from fluxo_chassis.postgres.api_keys import PostgresApiKeys as StoredApiKeys
from fluxo_contracts.api_key_changed import decode
from fluxo_contracts.replay import decode_api_key, decode_header
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.postgres.api_keys import PostgresApiKeys
from fluxo_entries.adapters.postgres.entry_replay import PostgresEntryReplay
from fluxo_entries.application.totals.replay_entries import ReplayEntries
from fluxo_entries.domain.api_key import LIVE_KEYS_MAX, ApiKey
from fluxo_entries.domain.errors import ApiKeyNameTakenError, ApiKeyNotFoundError, TooManyApiKeysError
from fluxo_entries.entrypoints.replay import write_replay

from services.entries.tests.conftest import TRACEPARENT

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
IDS = Uuid7EntryIds()


@pytest.fixture
def api_keys(api_pool):
    return PostgresApiKeys(api_pool)


@pytest.fixture
def stored(api_pool):
    return StoredApiKeys(api_pool)


def api_key(name="caixa 3", merchant_id="padaria", expires_at=None):
    return ApiKey(IDS.next(), merchant_id, name, ("entries:read", "entries:write"), NOW, expires_at)


async def events(pool):
    return [decode(row["event"]) for row in await pool.fetch("SELECT event FROM outbox ORDER BY xid, seq")]


async def test_a_key_is_found_by_its_id_until_it_is_revoked(api_keys, stored):
    expires_at = NOW + timedelta(days=400)
    one, two = api_key(expires_at=expires_at), api_key("another")
    _, key_hash = new_key(one.id)
    await api_keys.add(one, key_hash)
    await api_keys.add(two, new_key(two.id)[1])
    found = await stored.find(one.id)
    assert (found.tenant, found.hash, found.scopes) == ("padaria", key_hash, {"entries:read", "entries:write"})
    assert (found.expires_at, (await stored.find(two.id)).expires_at) == (expires_at.timestamp(), math.inf)
    assert await api_keys.live("padaria") == [two, one]
    assert await api_keys.live("farmacia") == []
    for _ in range(2):
        await api_keys.revoke("padaria", one.id, NOW)
    assert await stored.find(one.id) is None
    assert await api_keys.live("padaria") == [two]


async def test_each_change_is_told_once_with_the_hash_and_never_the_key(api_keys, pool):
    made = api_key(expires_at=NOW + timedelta(days=1))
    key, key_hash = new_key(made.id)
    await api_keys.add(made, key_hash, TRACEPARENT)
    for minutes in (1, 2):
        await api_keys.revoke("padaria", made.id, NOW + timedelta(minutes=minutes))
    created, revoked = await events(pool)
    assert (created.subject, created.time, created.traceparent, created.id.version) == ("padaria", NOW, TRACEPARENT, 7)
    assert (created.data.key_id, created.data.hash, created.data.revoked) == (made.id, key_hash.hex(), False)
    assert (created.data.scopes, created.data.expires_at) == (list(made.scopes), made.expires_at)
    assert (revoked.data.key_id, revoked.data.hash, revoked.data.revoked) == (made.id, key_hash.hex(), True)
    assert revoked.time == NOW + timedelta(minutes=1)
    assert not any(key[35:].encode() in row["event"] for row in await pool.fetch("SELECT event FROM outbox"))


async def test_a_key_of_another_merchant_is_not_there_to_be_revoked(api_keys, stored, pool):
    made = api_key()
    await api_keys.add(made, new_key(made.id)[1])
    for merchant_id, key_id in (("farmacia", made.id), ("padaria", IDS.next())):
        with pytest.raises(ApiKeyNotFoundError):
            await api_keys.revoke(merchant_id, key_id, NOW)
    assert await stored.find(made.id) is not None
    assert len(await events(pool)) == 1


async def test_a_name_is_free_again_when_its_key_is_revoked(api_keys, pool):
    first = api_key()
    await api_keys.add(first, bytes(32))
    await api_keys.add(api_key(merchant_id="farmacia"), bytes(32))
    with pytest.raises(ApiKeyNameTakenError):
        await api_keys.add(api_key(), bytes(32))
    assert len(await events(pool)) == 2
    await api_keys.revoke("padaria", first.id, NOW)
    await api_keys.add(api_key(), bytes(32))


async def test_there_are_never_too_many_however_many_are_made_at_once(api_keys, pool):
    for number in range(
        LIVE_KEYS_MAX - 2
    ):  # one after the other: a busy machine gives no crowd its connections in time
        await api_keys.add(api_key(f"key {number}"), bytes(32))
    last = await asyncio.gather(
        *(api_keys.add(api_key(f"last {n}"), bytes(32)) for n in range(5)), return_exceptions=True
    )
    assert sorted(map(type, last), key=str) == [type(None)] * 2 + [TooManyApiKeysError] * 3
    assert len(await api_keys.live("padaria")) == LIVE_KEYS_MAX == len(await events(pool))


async def test_a_use_is_noted_once_a_minute_and_nobody_waits_for_it(api_keys, stored, owner):
    made = api_key()
    await api_keys.add(made, bytes(32))

    async def noted():
        stored.note_use(made.id)
        await asyncio.gather(*stored._noting)
        (listed,) = await api_keys.live("padaria")
        return listed.last_used_at

    first = await noted()
    assert abs(datetime.now(UTC) - first) < timedelta(seconds=30)
    assert await noted() == first
    await owner.execute("UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds'")
    assert await noted() >= first


async def test_a_use_that_cannot_be_noted_hinders_nobody(stored, owner):
    await owner.execute("ALTER TABLE api_keys RENAME TO away")
    stored.note_use(IDS.next())
    await asyncio.gather(*stored._noting)


async def test_a_replay_tells_all_keys_revoked_ones_included(entries_database, api_keys):
    made, revoked = api_key(expires_at=NOW + timedelta(days=1)), api_key("another")
    for each in (made, revoked):
        await api_keys.add(each, bytes(32))
    await api_keys.revoke("padaria", revoked.id, NOW)
    connection = await asyncpg.connect(entries_database.url, server_settings={"timezone": "UTC", "datestyle": "ISO"})
    out = io.BytesIO()
    await write_replay(ReplayEntries(PostgresEntryReplay(connection)), uuid4(), out)
    await connection.close()
    header, *lines = out.getvalue().splitlines(keepends=True)
    assert (decode_header(header).api_keys, len(lines)) == (2, 2)
    told = {each.id: each for each in map(decode_api_key, lines)}
    assert {each.id: each.revoked for each in told.values()} == {made.id: False, revoked.id: True}
    assert (told[made.id].merchant_id, told[made.id].hash, told[made.id].scopes, told[made.id].expires_at) == (
        "padaria",
        bytes(32).hex(),
        list(made.scopes),
        made.expires_at,
    )
