"""Entries are sealed as they were recorded, each once, whatever else happens to outbox and relays."""

import asyncio
import hashlib
from datetime import UTC, datetime

import asyncpg
import pytest
from fluxo_contracts.streams import BULK_PART_EVENTS
from fluxo_entries.adapters.postgres.chain import PostgresChains
from fluxo_entries.adapters.postgres.seals import PostgresSeals
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.application.sealing.verify_chain import Fault, Verified, VerifyChain

pytestmark = pytest.mark.anyio

KEY = "a-key-of-seals-that-only-tests-know"


@pytest.fixture
def seals(pool):
    return PostgresSeals(pool)


@pytest.fixture
def seal(pool, seals):
    """Seal until all that is committed is sealed; others' transactions may hold the horizon for a moment."""

    async def until_done(expected, batch_max=1_000):
        seal_entries = SealEntries(seals, SealKeys(KEY), batch_max=batch_max)
        async with asyncio.timeout(60):
            while not expected <= await sealed_ids(pool) or (await seal_entries())[1]:
                await seal_entries()
                await asyncio.sleep(0.005)

    return until_done


async def sealed_ids(pool):
    found = [row["id"] for row in await pool.fetch("SELECT unnest(ids) AS id FROM seals")]
    assert len(found) == len(set(found)), "each is sealed once"
    return set(found)


@pytest.fixture
def verify(pool):
    async def found(merchant_id=None, kept=None, key=KEY):
        verified = Verified()
        findings = [
            each async for each in VerifyChain(PostgresChains(pool), SealKeys(key))(verified, merchant_id, kept)
        ]
        return findings, verified

    return found


async def recorded(journal, recording, number, **changes):
    given = [recording(**changes) for _ in range(number)]
    for each in given:
        await journal.append(each)
    return {each.entry.id for each in given}


async def test_all_entries_are_sealed_once_and_the_chain_agrees(journal, recording, seal, verify, pool):
    before = await recorded(journal, recording, 5)
    await seal(before, batch_max=2)
    later = await recorded(journal, recording, 5) | await recorded(journal, recording, 2, merchant_id="farmacia")
    await seal(before | later, batch_max=3)
    findings, verified = await verify()
    assert findings == []
    assert (verified.entries, verified.of, verified.merchants, verified.waiting) == (12, 12, 2, 0)
    assert await sealed_ids(pool) == before | later


async def test_a_leaf_is_what_the_documents_say(journal, recording, seal, pool):
    """Stored leaves are of these bytes: others would say of every entry that it was changed."""
    given = recording(description='Pão "de\tmel" ✓', recorded_at=datetime(2026, 11, 22, 17, tzinfo=UTC))
    await journal.append(given)
    await seal({given.entry.id})
    told = f'["{given.entry.id}","padaria","credit",15000,"BRL","2026-11-22","Pão \\"de\\tmel\\" ✓","vendas",null,'
    told += '"2026-11-22T17:00:00.000000Z"]'
    assert await pool.fetchval("SELECT leaves[1] FROM seals") == hashlib.sha256(told.encode()).digest()


async def test_what_waits_is_not_taken_for_inserted(journal, recording, seal, verify):
    await seal(await recorded(journal, recording, 2))
    await recorded(journal, recording, 3)
    await journal.append_all([recording() for _ in range(BULK_PART_EVENTS + 1)], atomic=True)
    findings, verified = await verify()
    assert (findings, verified.waiting) == ([], BULK_PART_EVENTS + 4)


async def test_a_restored_outbox_is_gone_through_again_and_nothing_sealed_twice(
    journal, recording, seal, verify, owner, pool
):
    before = await recorded(journal, recording, 4)
    await seal(before, batch_max=2)
    waiting = await recorded(journal, recording, 1)
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1")
    await owner.execute("SELECT raise_outbox_generation()")
    later = await recorded(journal, recording, 2)
    await seal(before | waiting | later, batch_max=2)
    assert (await verify())[0] == []


async def test_relays_that_seal_at_once_add_each_block_once(journal, recording, seals, seal, verify):
    ids = await recorded(journal, recording, 12)
    sealers = [SealEntries(seals, SealKeys(KEY), batch_max=2) for _ in range(3)]
    for _ in range(4):
        await asyncio.gather(*(each() for each in sealers))
    await seal(ids, batch_max=2)
    assert (await verify())[0] == []


CHANGES = {
    "a changed amount": ("UPDATE entries SET amount_minor = 1 WHERE id = $1", Fault.CHANGED),
    "a changed day": ("UPDATE entries SET business_date = business_date - 1 WHERE id = $1", Fault.CHANGED),
    "a changed text": ("UPDATE entries SET description = 'Outra' WHERE id = $1", Fault.CHANGED),
    "a removed entry": ("DELETE FROM entries WHERE id = $1", Fault.REMOVED),
}


@pytest.fixture
async def tamper(admin):
    """Change what triggers and rights keep from being changed."""

    async def change(statement, *arguments):
        async with admin.transaction():
            await admin.execute("SET LOCAL session_replication_role = replica")
            await admin.execute(statement, *arguments)

    return change


@pytest.mark.parametrize("change", CHANGES)
async def test_an_entry_that_was_tampered_with_is_named(change, journal, recording, seal, verify, tamper):
    ids = await recorded(journal, recording, 4)
    await seal(ids)
    statement, fault = CHANGES[change]
    wrong = sorted(ids)[1]
    await tamper(statement, wrong)
    (finding,), _ = await verify()
    assert (finding.fault, finding.entry_id, finding.block) == (fault, wrong, 1)


async def test_an_entry_that_came_in_by_another_way_is_never_sealed_and_is_named(
    journal, recording, seal, verify, tamper, pool
):
    ids = await recorded(journal, recording, 2)
    await seal(ids)
    copied = (
        "INSERT INTO entries SELECT $2, merchant_id, direction, amount_minor, currency, business_date, description, "
    )
    copied += "category, reverses, recorded_at FROM entries WHERE id = $1"
    inserted = recording().entry.id
    await tamper(copied, min(ids), inserted)
    await seal(ids | await recorded(journal, recording, 1))
    (finding,), _ = await verify()
    assert (finding.fault, finding.entry_id) == (Fault.INSERTED, inserted)
    assert inserted not in await sealed_ids(pool)


async def test_a_removed_and_an_edited_block_are_named(journal, recording, seal, verify, tamper):
    for _ in range(4):
        await seal(await recorded(journal, recording, 1))
    await tamper("DELETE FROM seals WHERE number = 2")
    await tamper("UPDATE seals SET leaves = ARRAY[sha256('')] WHERE number = 4")
    findings, _ = await verify()
    named = {(finding.fault, finding.block) for finding in findings}
    assert named == {(Fault.BLOCK_REMOVED, 2), (Fault.BLOCK_CHANGED, 4), (Fault.CHANGED, 4), (Fault.INSERTED, 0)}


async def test_a_chain_that_was_sealed_anew_is_not_signed_by_the_key(journal, recording, seal, verify):
    await seal(await recorded(journal, recording, 1))
    findings, _ = await verify(key="another-key-that-nobody-sealed-with")
    assert [finding.fault for finding in findings] == [Fault.SIGNATURE]


async def test_a_seal_that_was_kept_is_found_again(journal, recording, seals, seal, verify):
    await seal(await recorded(journal, recording, 1))
    kept = (await seals.latest(["padaria"]))["padaria"].digest
    await seal(await recorded(journal, recording, 1))
    assert (await verify(kept=kept))[0] == []
    assert [finding.fault for finding in (await verify(kept=bytes(32)))[0]] == [Fault.SEAL_UNKNOWN]


@pytest.mark.parametrize("change", ["UPDATE seals SET number = 9", "DELETE FROM seals", "TRUNCATE seals"])
async def test_nobody_changes_a_seal(journal, recording, seal, owner, pool, change):
    await seal(await recorded(journal, recording, 1))
    with pytest.raises(asyncpg.RestrictViolationError, match="immutable"):
        await owner.execute(change)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(change)
