"""The chain, as sealing and verifying know it."""

import asyncio

import pytest
from fluxo_entries.adapters.postgres.chain import PostgresChains
from fluxo_entries.adapters.postgres.seals import PostgresSeals
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.seal_entries import SealEntries

from services.entries.tests.fakes import FakeSeals

pytestmark = pytest.mark.anyio

KEYS = SealKeys("a-key-of-seals-that-only-tests-know")


@pytest.fixture
def seals(storage, memory, request):
    return FakeSeals(memory) if storage == "memory" else PostgresSeals(request.getfixturevalue("pool"))


@pytest.fixture
def chains(storage, seals, request):
    return seals if storage == "memory" else PostgresChains(request.getfixturevalue("pool"))


@pytest.fixture
def seal(seals):
    """Seal so many entries; others' transactions on the same server may hold the horizon for a moment."""

    async def until(number):
        sealed = 0
        async with asyncio.timeout(60):
            while sealed < number:
                sealed += (await SealEntries(seals, KEYS)())[0]
                await asyncio.sleep(0.005)

    return until


async def test_blocks_follow_each_other_by_merchant_and_hold_the_entries_by_id(journal, recording, seal, seals, chains):
    given = [recording() for _ in range(3)] + [recording(merchant_id="farmacia")]
    for each in given[1:]:
        await journal.append(each)
    await seal(3)
    await journal.append(given[0])
    await seal(1)
    async with chains.at_one_instant(None) as chain:
        blocks = [block async for block in chain.blocks()]
        found = await chain.entries([each.entry.id for each in given])
        assert await chain.entry_count() == 4
    assert [(block.seal.merchant_id, block.seal.number, block.seal.entry_count) for block in blocks] == [
        ("farmacia", 1, 1),
        ("padaria", 1, 2),
        ("padaria", 2, 3),
    ]
    assert [entry.entry_id for entry in blocks[1].entries] == [given[1].entry.id, given[2].entry.id]
    assert list(blocks[1].entries) == [found[given[1].entry.id], found[given[2].entry.id]]
    assert (await seals.latest(["padaria", "nobody"])) == {"padaria": blocks[2].seal}
    assert await seals.latest_signed("padaria") == (blocks[2].seal, blocks[2].signature)
    assert await seals.latest_signed("nobody") is None


async def test_of_two_who_read_the_same_batch_one_adds_it(journal, recording, seal, seals):
    await journal.append(recording())
    await seal(1)
    await journal.append(recording())
    async with asyncio.timeout(60):
        while not (batch := await seals.next_batch(10)).entries:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    assert [await seals.append(batch, []), await seals.append(batch, [])] == [True, False]
    assert await seals.position() == batch.after.outbox


async def test_what_is_not_sealed_is_told_and_whether_it_waits(journal, recording, seal, chains):
    sealed, waiting = recording(), recording()
    await journal.append(sealed)
    await seal(1)
    await journal.append(waiting)
    async with chains.at_one_instant("padaria") as chain:
        assert [each async for each in chain.unsealed()] == [("padaria", waiting.entry.id)]
        assert set(await chain.waiting({waiting.entry.id, recording().entry.id})) == {waiting.entry.id}
    async with chains.at_one_instant("farmacia") as chain:
        assert [each async for each in chain.unsealed()] == []
        assert [each async for each in chain.blocks()] == []
