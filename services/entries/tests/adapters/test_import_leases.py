"""Who works on an import: one at a time, merchants in turns, and somebody else once the lease has run out."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.postgres.imports import PostgresImports
from fluxo_entries.application.importing.ports import Import, ImportState, Summary

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
IDS = Uuid7EntryIds()
LATER = "UPDATE imports SET leased_until = leased_until - interval '5 seconds'"


@pytest.fixture
def imports(api_pool):
    return PostgresImports(api_pool)


@pytest.fixture
def add(imports):
    async def new(merchant_id="padaria", content=b"a file"):
        import_id = IDS.next()
        digest = hashlib.sha256(content).digest()
        return await imports.add(Import(import_id, merchant_id, digest, "extrato.ofx", "BRL", NOW))

    return new


@pytest.fixture
def confirmed(add, imports):
    async def new(merchant_id, minutes=0):
        whose = merchant_id, (await add(merchant_id, str(minutes).encode())).id
        await imports.set_read(*whose, Summary())
        await imports.confirm(*whose, NOW + timedelta(minutes=minutes), records_possible=False, category=None)
        return whose

    return new


async def test_what_somebody_works_on_is_nobody_elses_until_the_lease_runs_out(imports, confirmed, owner):
    whose = await confirmed("padaria")
    await owner.execute(LATER)
    assert await imports.claim() == whose
    assert await imports.claim() is None
    await owner.execute(LATER)
    assert await imports.claim() == whose


async def test_a_lease_that_is_kept_does_not_run_out(imports, confirmed, owner):
    whose = await confirmed("padaria")
    await owner.execute(LATER)
    assert await imports.claim() == whose
    async with imports.kept(*whose):
        assert await imports.claim() is None
    assert await imports.claim() == whose


async def test_merchants_take_turns_and_each_ones_imports_follow_each_other(imports, confirmed, owner):
    first, second, other = await confirmed("padaria", 1), await confirmed("padaria", 2), await confirmed("farmacia", 3)
    await owner.execute(LATER)
    claimed = []
    for _ in range(4):
        whose = await imports.claim()
        async with imports.kept(*whose):
            claimed.append(whose)
    assert claimed == [first, other, first, other]
    await imports.set_state(*first, ImportState.CONFIRMED, ImportState.RECORDING)
    await imports.set_state(*first, ImportState.RECORDING, ImportState.DONE)
    assert {await imports.claim(), await imports.claim()} == {second, other}


async def test_a_file_whose_reader_is_gone_has_failed_and_may_come_again(imports, add, owner):
    left = await add()
    assert (await add()).id == left.id
    await owner.execute(f"{LATER} - interval '1 second'")
    found = await imports.get("padaria", left.id)
    assert (found.state, found.reason) == (ImportState.FAILED, "Reading the file was interrupted. Send it again.")
    assert (await add()).id != left.id
    assert await imports.remove("padaria", left.id)
