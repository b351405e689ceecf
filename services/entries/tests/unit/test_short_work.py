"""Who asks for one entry is let pass by bulks, from the request to its answer, whatever that is."""

import pytest
from fluxo_entries.application.cooperative import short_work

from services.entries.tests.fakes import FakeEntries, FakeJournal

pytestmark = pytest.mark.anyio

SALE = {"direction": "credit", "amount": "150.00", "description": "Venda"}
NO_ID = "019ac5a0-7d3e-7c44-b0b1-6c1a2f3e4d5c"


@pytest.fixture
def seen(monkeypatch):
    """Return how much short work there was whenever the journal or the entries were asked."""
    counts = []

    def noting(asked):
        def ask(*arguments):
            counts.append(short_work.under_way)
            return asked(*arguments)

        return ask

    monkeypatch.setattr(FakeJournal, "append", noting(FakeJournal.append))
    monkeypatch.setattr(FakeEntries, "get", noting(FakeEntries.get))
    return counts


async def test_each_request_about_one_entry_is_short_work_until_it_is_answered(api, seen):
    entry_id = (await api.post("/v1/entries", SALE)).json()["id"]
    await api.get(f"/v1/entries/{entry_id}")
    await api.post(f"/v1/entries/{entry_id}/reversal", {"reason": "Engano"})

    assert set(seen) == {1}
    assert short_work.under_way == 0


async def test_a_refusal_ends_it_too(api, seen):
    assert (await api.get(f"/v1/entries/{NO_ID}")).status_code == 404
    assert (await api.post("/v1/entries", SALE | {"amount": "0"})).status_code == 422

    assert seen == [1]
    assert short_work.under_way == 0
