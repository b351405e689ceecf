from datetime import date

import pytest

pytestmark = pytest.mark.anyio

DAY = "/v1/daily-balances/2026-11-22"
RANGE = "/v1/daily-balances"


async def test_the_second_read_is_a_hit_with_the_same_tag(service, november, memory_read_model):
    first, second = await service.http.get(DAY), await service.http.get(DAY)
    assert (first.headers["cache-status"], second.headers["cache-status"]) == ("fluxo; fwd=miss; stored", "fluxo; hit")
    assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])
    assert memory_read_model.reads == 1
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization"


@pytest.mark.parametrize("condition", ["{tag}", "W/{tag}", '"other", {tag}', '"a,b",W/{tag}', "*"])
async def test_what_the_client_has_already_is_not_sent_again(service, condition):
    tag = (await service.http.get(DAY)).headers["etag"]
    answer = await service.http.get(DAY, headers={"If-None-Match": condition.format(tag=tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("condition", ['"other"', "", "junk", '"'])
async def test_another_tag_gets_the_answer(service, condition):
    assert (await service.http.get(DAY, headers={"If-None-Match": condition})).status_code == 200


async def test_a_new_entry_changes_the_tag(service, memory_read_model, memory_cache):
    tag = (await service.http.get(DAY)).headers["etag"]
    memory_read_model.add("m1", date(2026, 1, 1), credit=1)
    await memory_cache.invalidate(["m1"])
    assert (await service.http.get(DAY, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("url", [DAY, f"{RANGE}?from=2026-11-01&to=2026-11-22"])
async def test_head_is_get_without_the_body(service, november, url):
    got, asked = await service.http.get(url), await service.http.head(url)
    assert (asked.status_code, asked.content) == (200, b"")
    for header in ("etag", "content-length", "content-type"):
        assert asked.headers[header] == got.headers[header]
