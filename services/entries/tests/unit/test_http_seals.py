import pytest
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.seal_entries import SealEntries

pytestmark = pytest.mark.anyio

SALE = {"direction": "credit", "amount": "150.00", "description": "Venda"}


async def test_where_nothing_is_sealed_yet_there_is_no_seal(api):
    await api.post("/v1/entries", SALE)
    answer = await api.get("/v1/seals/latest")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_merchant_gets_the_seal_of_its_own_books(api, service):
    recorded = (await api.post("/v1/entries", SALE)).json()
    await api.post("/v1/entries", SALE, merchant="farmacia")
    await SealEntries(service.seals, SealKeys("a-key-of-seals-that-only-tests-know"))()
    answer = await api.get("/v1/seals/latest")
    assert answer.status_code == 200
    seal = answer.json()
    assert (seal["merchant_id"], seal["number"], seal["entry_count"]) == ("padaria", 1, 1)
    assert seal["up_to"] == recorded["recorded_at"]
    assert {name: len(seal[name]) for name in ("seal", "signature", "public_key", "key_id")} == {
        "seal": 64,
        "signature": 128,
        "public_key": 64,
        "key_id": 16,
    }
