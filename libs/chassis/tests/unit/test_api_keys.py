"""API keys beside tokens: looked up by their public part, remembered for a moment, and without the owner's rights."""

import asyncio
import math
import time
from dataclasses import replace
from uuid import UUID

import pytest
import time_machine
from fluxo_chassis.auth import JwksKeys, TokenVerifier, bearer
from fluxo_chassis.auth.api_keys import ApiKey, hash_of, id_of, new_key
from fluxo_chassis.postgres.api_keys import WAITING_MAX, PostgresApiKeys
from fluxo_chassis.problems import Problem
from fluxo_chassis.resilience import BulkheadFull, TenantOverShare

pytestmark = pytest.mark.anyio

KEY_ID = UUID("019ac5a0-0000-7000-8000-000000000001")
KEY, HASH = new_key(KEY_ID)


class MemoryApiKeys:
    def __init__(self):
        self.keys = {KEY_ID: ApiKey("t-1", HASH, frozenset({"notes:read", "notes:write", "notes:manage"}), math.inf)}
        self.asked, self.used, self.failure = 0, [], None

    async def find(self, key_id):
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return self.keys.get(key_id)

    def note_use(self, key_id):
        self.used.append(key_id)


@pytest.fixture
def api_keys():
    return MemoryApiKeys()


@pytest.fixture
def verifier(api_keys, tmp_path):
    return TokenVerifier(
        JwksKeys((tmp_path / "absent.json").as_uri()), issuer="i", audience="a", tenant_claim="t", api_keys=api_keys
    )


@pytest.fixture
def clock(monkeypatch):
    """`clock(seconds)`: so much later than now."""
    began = time.monotonic()
    return lambda seconds: monkeypatch.setattr(time, "monotonic", lambda: began + seconds)


async def refusal(verifier, key):
    with pytest.raises(Problem) as refused:
        await verifier.verify(key)
    assert (refused.value.status, refused.value.slug) == (401, "unauthenticated")
    return refused.value.detail


def test_a_key_tells_its_id_and_no_two_are_the_same():
    keys = {new_key(KEY_ID) for _ in range(50)}
    assert {id_of(key) for key, _ in keys} == {KEY_ID}
    assert len(keys) == len({secret_hash for _, secret_hash in keys}) == 50


async def test_a_key_stands_for_its_tenant_with_its_scopes_and_no_role(verifier, api_keys):
    principal = await verifier.verify(KEY)
    assert (principal.tenant, principal.subject, principal.role) == ("t-1", f"api-key:{KEY_ID}", "")
    assert (principal.may("notes:read"), principal.may("notes:write"), principal.may("notes:admin")) == (
        True,
        True,
        False,
    )
    assert api_keys.used == [KEY_ID]


async def test_a_key_manages_nothing_whatever_its_scopes_say(verifier):
    assert not (await verifier.verify(KEY)).may("notes:manage")


@pytest.mark.parametrize("role", ["", "operator", "accountant", "intern", "Owner"])
def test_nobody_but_the_owner_manages(role):
    assert not bearer.role_may(role, "notes:manage")
    assert bearer.role_may("owner", "notes:manage")


async def test_a_key_is_looked_up_again_after_five_seconds(verifier, api_keys, clock):
    await verifier.verify(KEY)
    clock(4.9)
    assert verifier.remembered(KEY) is not None
    api_keys.keys.clear()
    await verifier.verify(KEY)
    clock(5.1)
    assert verifier.remembered(KEY) is None
    assert "revoked" in await refusal(verifier, KEY)
    assert api_keys.asked == 2


async def test_a_known_key_outlives_the_database_for_its_time_and_an_unknown_one_is_not_refused(
    verifier, api_keys, clock
):
    await verifier.verify(KEY)
    api_keys.failure = ConnectionError()
    assert (await verifier.verify(KEY)).tenant == "t-1"
    clock(5.1)
    for key in (KEY, new_key(UUID(int=7))[0]):
        with pytest.raises(ConnectionError):  # which the edge answers with 503
            await verifier.verify(key)


async def test_a_remembered_key_still_expires(verifier, api_keys):
    with time_machine.travel(time.time(), tick=False) as clock:
        api_keys.keys[KEY_ID] = replace(api_keys.keys[KEY_ID], expires_at=time.time() + 2)
        assert (await verifier.verify(KEY)).expires_at == time.time() + 2
        clock.shift(2)
        await refusal(verifier, KEY)


async def test_who_is_answered_for_long_asks_again_within_a_minute(verifier):
    with time_machine.travel(time.time(), tick=False):
        assert (await verifier.verify(KEY)).expires_at == time.time() + 60


@pytest.mark.parametrize(
    "key",
    [
        "fx_",
        KEY[:-1],
        KEY + "A",
        KEY + "\n",
        KEY.replace("fx_", "fx_é"),
        KEY.upper(),
        "fx_" + KEY_ID.hex + "\ud800" * 43,
        "fx_" + "a" * 100_000,
    ],
    ids=["empty", "short", "long", "line", "letter", "capitals", "surrogates", "endless"],
)
async def test_what_is_no_key_is_refused_without_a_look(verifier, api_keys, key):
    await refusal(verifier, key)
    assert api_keys.asked == 0


async def test_another_secret_under_a_known_id_is_refused_and_is_no_use(verifier, api_keys):
    await refusal(verifier, new_key(KEY_ID)[0])
    assert api_keys.used == []


async def test_a_refused_key_is_looked_up_once_a_second_and_what_is_remembered_of_them_is_bounded(
    verifier, api_keys, clock, monkeypatch
):
    forged = new_key(KEY_ID)[0]
    for _ in range(3):
        await refusal(verifier, forged)
    assert api_keys.asked == 1
    clock(1.1)
    api_keys.keys[KEY_ID] = replace(api_keys.keys[KEY_ID], hash=hash_of(forged))  # as if it came late
    await verifier.verify(forged)
    monkeypatch.setattr(bearer, "REFUSED_SIZE_MAX", 3)
    for number in range(5):
        await refusal(verifier, new_key(UUID(int=number))[0])
    assert len(verifier._refused) == 3


async def test_a_service_without_keys_takes_none(tmp_path):
    verifier = TokenVerifier(JwksKeys((tmp_path / "absent.json").as_uri()), issuer="i", audience="a", tenant_claim="t")
    await refusal(verifier, KEY)


class SlowPool:
    def __init__(self):
        self.running, self.most, self.answer = 0, 0, asyncio.Event()

    async def fetchrow(self, _statement, _key_id):
        self.running += 1
        self.most = max(self.most, self.running)
        await self.answer.wait()
        self.running -= 1


async def test_made_up_keys_are_looked_up_two_at_a_time(virtual_time):
    pool = SlowPool()
    keys = PostgresApiKeys(pool)
    asked = [asyncio.create_task(keys.find(UUID(int=number))) for number in range(WAITING_MAX + 10)]
    await asyncio.sleep(1)
    assert pool.most == 2
    pool.answer.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[:2] == [None, None]
    assert {type(each) for each in answers[2:]} <= {BulkheadFull, TenantOverShare}, "nobody waits for long"
