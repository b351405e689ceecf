"""`POST /v1/reconciliations`: what the statement has and the books have not, in an answer; nothing stays of it."""

import pytest

pytestmark = pytest.mark.anyio

PATH = "/v1/reconciliations"


@pytest.fixture
def hold(api):
    async def hold(file: str, **more):
        headers = {"Content-Type": "application/octet-stream"}
        return await api.post(PATH, content=file.encode(), headers=headers, **more)

    return hold


@pytest.fixture
async def recorded(api):
    entry = {"direction": "credit", "amount": "10.00", "business_date": "2026-11-20", "description": "Pão"}
    return (await api.post("/v1/entries", json=entry, key="pao")).json()


async def test_a_statement_that_agrees_says_so(hold, recorded):
    answer = await hold("opening;2026-11-20;0.00\n2026-11-20;10.00;Pao\nclosing;2026-11-20;10.00")
    assert answer.status_code == 200
    assert answer.json() == {
        "agrees": True,
        "format": "Tiny",
        "currency": "BRL",
        "from": "2026-11-20",
        "to": "2026-11-20",
        "line_count": 1,
        "opening_balance": {"statement": "0.00", "books": "0.00", "difference": "0.00"},
        "closing_balance": {"statement": "10.00", "books": "10.00", "difference": "0.00"},
        "days": [],
        "is_complete": True,
        "unreadable": [],
        "guessed": ["days come first"],
    }


async def test_a_day_that_differs_names_lines_and_entries(hold, recorded, service):
    answer = (await hold("2026-11-20;-3.50;Leite\n2026-13-01;1.00;Nunca")).json()
    assert answer["agrees"] is False
    assert answer["closing_balance"] == {"statement": None, "books": "10.00", "difference": None}
    assert answer["days"] == [
        {
            "date": "2026-11-20",
            "statement": {"credits": "0.00", "debits": "3.50"},
            "books": {"credits": "10.00", "debits": "0.00"},
            "difference": "-13.50",
            "lines_without_entry": [{"place": "line 1", "amount": "-3.50", "description": "Leite"}],
            "entries_without_line": [{"id": recorded["id"], "amount": "10.00", "description": "Pão"}],
        }
    ]
    assert [each["place"] for each in answer["unreadable"]] == ["line 2"]
    assert len(service.entries) == 1
    assert service.memory.imports == {}


async def test_a_file_that_cannot_be_read_is_a_problem_with_a_sentence(hold):
    answer = await hold("unreadable")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable-statement")
    assert answer.json()["detail"] == "This is no statement that can be read here."
    assert (await hold("")).status_code == 422
