"""The balances know the keys that events told of, in whatever order these come, and a rebuild knows them all."""

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fluxo_balances.adapters.postgres.api_key_uses import PostgresApiKeyUses
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.reading.ports import ApiKeyUse
from fluxo_balances.domain.api_key import ApiKey
from fluxo_chassis.postgres.api_keys import PostgresApiKeys

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
KEY = ApiKey(UUID(int=1), "m1", b"1" * 32, ("balances:read", "entries:read"), NOON + timedelta(days=1), revoked=False)
ANOTHER = ApiKey(UUID(int=2), "m1", b"2" * 32, ("balances:read",), None, revoked=False)
REVOKED = replace(KEY, revoked=True)


@pytest.fixture
def projection(pool):
    return PostgresProjection(pool)


@pytest.fixture
def api_keys(api_pool):
    return PostgresApiKeys(api_pool)


async def test_a_key_is_found_until_it_is_revoked(projection, api_keys):
    assert await projection.apply_api_keys([KEY, ANOTHER]) == 2
    assert await projection.apply_api_keys([KEY]) == 0
    found = await api_keys.find(KEY.id)
    assert (found.tenant, found.hash, found.scopes) == ("m1", KEY.hash, set(KEY.scopes))
    assert (found.expires_at, (await api_keys.find(ANOTHER.id)).expires_at) == (KEY.expires_at.timestamp(), math.inf)
    assert await projection.apply_api_keys([REVOKED]) == 1
    assert await api_keys.find(KEY.id) is None
    assert await api_keys.find(ANOTHER.id) is not None


@pytest.mark.parametrize("batches", [[[REVOKED], [KEY]], [[REVOKED, KEY]], [[KEY, REVOKED, KEY]]])
async def test_a_key_that_is_revoked_stays_so_in_whatever_order_its_events_come(projection, api_keys, batches):
    for batch in batches:
        await projection.apply_api_keys(batch)
    assert await api_keys.find(KEY.id) is None


async def test_uses_are_noted_here_and_listed_to_the_merchant(projection, api_keys, api_pool):
    await projection.apply_api_keys([KEY, ANOTHER, replace(REVOKED, id=UUID(int=3))])
    api_keys.note_use(KEY.id)
    await asyncio.gather(*api_keys._noting)
    another, used = await PostgresApiKeyUses(api_pool).of("m1")
    assert (another, used.id) == (ApiKeyUse(ANOTHER.id, None), KEY.id)
    assert abs(datetime.now(UTC) - used.last_used_at) < timedelta(seconds=30)
    assert await PostgresApiKeyUses(api_pool).of("m2") == []


async def test_a_rebuild_takes_keys_from_the_replay_and_from_what_comes_meanwhile(
    projection, api_keys, api_pool, rebuilding, replay_of
):
    forged, late = replace(ANOTHER, id=UUID(int=4)), replace(ANOTHER, id=UUID(int=5))
    await projection.apply_api_keys([KEY, forged, ANOTHER])
    api_keys.note_use(KEY.id)
    await asyncio.gather(*api_keys._noting)
    before = await PostgresApiKeyUses(api_pool).of("m1")
    replay = replay_of([[]], keys=[KEY, replace(ANOTHER, revoked=True), replace(late, id=UUID(int=6))])
    replay.before = lambda: projection.apply_api_keys([late, replace(late, id=UUID(int=6), revoked=True)])
    await rebuilding(replay)
    for key_id, is_good in (
        (KEY.id, True),
        (ANOTHER.id, False),
        (forged.id, False),
        (late.id, True),
        (UUID(int=6), False),
    ):
        assert (await api_keys.find(key_id) is not None) == is_good
    assert before[-1] in await PostgresApiKeyUses(api_pool).of("m1"), "when it was used last is not forgotten"
