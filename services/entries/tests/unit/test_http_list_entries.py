import base64
from datetime import date
from uuid import UUID

import pytest
from fluxo_entries.application.recording.ports import EntryFilter, Position
from fluxo_entries.domain.errors import SearchTooSlowError
from fluxo_entries.entrypoints.http import cursor as cursor_module
from fluxo_entries.entrypoints.http.cursor import decode_cursor, encode_cursor
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio


@pytest.fixture
async def days(api, sale):
    """Ten entries, one a day, every other one a debit."""
    for day in range(1, 11):
        changes = {"business_date": f"2026-11-{day:02}", "direction": "debit" if day % 2 else "credit"}
        await api.post("/v1/entries", sale | changes | {"description": f"Dia {day}"})


async def test_all_pages_together_are_the_whole_list(api, days):
    dates, cursor = [], ""
    while cursor is not None:
        page = (await api.get(f"/v1/entries?limit=3{cursor and '&cursor='}{cursor}")).json()
        dates += [entry["business_date"] for entry in page["items"]]
        cursor = page["next"]
    assert dates == [f"2026-11-{day:02}" for day in range(10, 0, -1)]


async def test_a_search_that_takes_too_long_is_told_what_would_be_quicker(api, service, monkeypatch):
    async def too_slow(*_):
        raise SearchTooSlowError

    monkeypatch.setattr(service.use_cases.list_entries._entries, "page", too_slow)
    answer = await api.get("/v1/entries?q=venda")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert "Name the days" in answer.json()["detail"]


async def test_filters_narrow_the_list(api, days):
    async def count(query):
        return len((await api.get(f"/v1/entries?{query}")).json()["items"])

    assert await count("") == 10
    assert await count("from=2026-11-03&to=2026-11-05") == 3
    assert await count("direction=credit") == 5
    assert await count("category=vendas") == 10
    assert await count("category=outra") == 0
    assert await count("q=dia%201") == 2
    assert await count("category=&q=") == 10
    assert await count("limit=4") == 4


async def test_a_cursor_is_good_for_its_own_list_only(api, days):
    cursor = (await api.get("/v1/entries?limit=3&direction=credit")).json()["next"]
    own = await api.get(f"/v1/entries?direction=credit&limit=500&cursor={cursor}")
    assert own.status_code == 200
    for query, merchant in (("direction=debit", "padaria"), ("", "padaria"), ("direction=credit", "banca")):
        response = await api.get(f"/v1/entries?{query}&cursor={cursor}", merchant=merchant)
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/invalid-cursor"


@pytest.mark.parametrize("ordinal", [0, 3_652_060, 2**31, 2**32 - 1])
async def test_a_made_up_cursor_of_no_day_is_none(api, days, ordinal):
    digest = cursor_module._digest("padaria", EntryFilter())
    packed = cursor_module._LAYOUT.pack(ordinal, bytes(16), digest)
    made_up = base64.urlsafe_b64encode(packed + cursor_module._checksum(packed)).rstrip(b"=").decode()
    answer = await api.get(f"/v1/entries?cursor={made_up}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-cursor")
    assert "This is no cursor" in answer.text


async def test_no_changed_character_of_a_cursor_goes_unnoticed(api, days):
    cursor = (await api.get("/v1/entries?limit=3")).json()["next"]
    for place, character in enumerate(cursor):
        changed = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
        for tampered in (changed, cursor[:place], cursor + character):
            assert (await api.get(f"/v1/entries?cursor={tampered}")).status_code == 422


@given(st.dates(min_value=date(1900, 1, 1)), st.uuids(), st.text(max_size=5))
def test_a_cursor_reads_back_as_its_position(day, entry_id, text):
    wanted = EntryFilter(text=text)
    assert decode_cursor(encode_cursor(Position(day, entry_id), "m", wanted), "m", wanted) == Position(day, entry_id)


@given(st.binary(max_size=64))
def test_no_made_up_cursor_is_taken(raw):
    made_up = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(ValueError, match="cursor"):
        decode_cursor(made_up, "m", EntryFilter())


def test_a_cursor_is_made_of_characters_that_a_url_keeps():
    cursor = encode_cursor(Position(date(2026, 11, 22), UUID(int=2**128 - 1)), "m", EntryFilter())
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
