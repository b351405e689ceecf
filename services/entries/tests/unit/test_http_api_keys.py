import pytest
from fluxo_chassis.auth.api_keys import hash_of, id_of
from fluxo_entries.domain.api_key import LIVE_KEYS_MAX

pytestmark = pytest.mark.anyio

MANAGER = "api-keys:manage,entries:read,entries:write"
NEW = {"name": "caixa 3", "scopes": ["entries:write", "entries:read", "entries:write"]}


@pytest.fixture
def create(api):
    async def create(held=MANAGER, **changes):
        return await api.post("/v1/api-keys", NEW | changes, key=None, scopes=held)

    return create


@pytest.fixture
def listed(api):
    async def listed(merchant="padaria"):
        return (await api.get("/v1/api-keys", merchant=merchant, scopes=MANAGER)).json()["items"]

    return listed


async def test_a_new_key_is_shown_once_and_kept_as_its_hash(create, listed, service):
    answer = await create(expires_at="2027-01-31T03:00:00Z")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "private, no-store")
    shown = answer.json()
    key = shown.pop("key")
    assert shown == {
        "id": str(id_of(key)),
        "name": "caixa 3",
        "scopes": ["entries:read", "entries:write"],
        "created_at": "2026-11-22T15:00:00.123456Z",
        "expires_at": "2027-01-31T03:00:00.000000Z",
        "last_used_at": None,
    }
    assert await listed() == [shown]
    ((_, key_hash, _),) = service.memory.api_keys.values()
    assert key_hash == hash_of(key)
    assert key[35:] not in repr(service.memory)


async def test_keys_are_listed_newest_first_to_their_merchant_alone(create, listed):
    for name in ("one", "two"):
        await create(name=name)
    assert [each["name"] for each in await listed()] == ["two", "one"]
    assert await listed("farmacia") == []


async def test_a_key_is_revoked_for_good_and_its_name_is_free(api, create, listed):
    key_id = (await create()).json()["id"]
    for each in (key_id, key_id, key_id.replace("-", "")):  # the last as a key begins with it
        answer = await api.delete(f"/v1/api-keys/{each}", scopes=MANAGER)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await listed() == []
    assert (await create()).status_code == 201


async def test_a_key_that_there_is_not_and_a_foreign_one_are_not_revoked(api, create, listed):
    key_id = (await create()).json()["id"]
    answers = [
        await api.delete(f"/v1/api-keys/{each}", merchant="farmacia", scopes=MANAGER)
        for each in (key_id, key_id.replace("019a", "019b"), "caixa")
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert [each["id"] for each in await listed()] == [key_id]


async def test_two_keys_have_two_names(create):
    await create()
    answer = await create()
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/api-key-name-taken")


async def test_a_merchant_has_so_many_keys_and_no_more(create):
    for number in range(LIVE_KEYS_MAX):
        assert (await create(name=f"key {number}")).status_code == 201
    answer = await create()
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-api-keys")


async def test_a_key_may_no_more_than_who_makes_it(create):
    answer = await create(held="api-keys:manage,entries:read")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert "entries:write" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": "entries:read"}, "/scopes"),
        ({"scopes": ["api-keys:manage"]}, "/scopes/0"),
        ({"scopes": ["entries:read"] * 4}, "/scopes"),
        ({"expires_at": "2026-11-22T15:00:00Z"}, "/expires_at"),
        ({"expires_at": "2027-01-31"}, "/expires_at"),
        ({"expires_at": "2027-01-31T03:00:00+00:00"}, "/expires_at"),
        ({"expires_at": "2027-02-30T03:00:00Z"}, "/expires_at"),
        ({"merchant_id": "farmacia"}, "/merchant_id"),
    ],
)
async def test_what_is_wrong_is_named(create, service, changes, pointer):
    answer = await create(**changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert service.memory.api_keys == {}
