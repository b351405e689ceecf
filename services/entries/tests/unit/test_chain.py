"""Whatever is changed, removed, inserted or swapped behind the chain's back is found, and named."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.application.sealing.verify_chain import Fault, Finding, Verified, VerifyChain
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.seal import NO_DIGEST, Seal, SealedEntry, digest_of
from hypothesis import given
from hypothesis import strategies as st

from services.entries.tests.fakes import FakeSeals, Memory

KEYS, FOREIGN_KEYS = SealKeys("a-key-of-seals-that-only-tests-know"), SealKeys("another-key-of-seals-of-somebody-else")
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)


def entry(number, merchant_id="padaria"):
    return Entry(
        UUID(int=number), merchant_id, Direction.CREDIT, 100 + number, "BRL", date(2026, 11, 22), "Venda", None, None,
        NOON + timedelta(seconds=number),
    )  # fmt: skip


def sealed_books(merchants, batch_max):
    """Books with one entry for each of these merchants, all sealed."""
    memory = Memory()
    for number, merchant_id in enumerate(merchants, 1):
        each = entry(number, merchant_id)
        memory.entries[each.id] = each
        memory.keys[merchant_id, str(number)] = b"", each
    seals = FakeSeals(memory)
    seal_entries = SealEntries(seals, KEYS, batch_max=batch_max)

    async def until_done():
        while (await seal_entries())[1]:
            pass

    asyncio.run(until_done())
    return memory, seals


def verify(seals, keys=KEYS, kept=None):
    async def all_of_them():
        return [each async for each in VerifyChain(seals, keys)(verified, None, kept)]

    verified = Verified()
    return asyncio.run(all_of_them()), verified


books = st.builds(
    sealed_books,
    st.lists(st.sampled_from(["padaria", "farmacia"]), min_size=4, max_size=12),
    st.integers(min_value=1, max_value=5),
)
FIELDS = {
    "merchant_id": "outra", "direction": Direction.DEBIT, "amount_minor": 1, "currency": "USD",
    "business_date": date(2026, 1, 1), "description": "Outra", "category": "outra", "reverses": UUID(int=99),
    "recorded_at": NOON - timedelta(days=1),
}  # fmt: skip


@given(books)
def test_books_that_nobody_touched_agree(given_books):
    memory, seals = given_books
    findings, verified = verify(seals)
    assert findings == []
    assert (verified.of, verified.entries, verified.waiting) == (len(memory.entries), len(memory.entries), 0)


@given(books, st.data())
def test_an_entry_that_was_changed_removed_or_swapped_is_named(given_books, data):
    memory, seals = given_books
    ids = st.sampled_from(sorted(memory.entries))
    wrong, other = data.draw(st.lists(ids, min_size=2, max_size=2, unique=True))
    match data.draw(st.sampled_from(["change", "remove", "swap"])):
        case "change":
            name = data.draw(st.sampled_from(sorted(FIELDS)))
            memory.entries[wrong] = memory.entries[wrong]._replace(**{name: FIELDS[name]})
            expected = {(Fault.CHANGED, wrong)}
        case "remove":
            del memory.entries[wrong]
            expected = {(Fault.REMOVED, wrong)}
        case _:
            one, two = memory.entries[wrong], memory.entries[other]
            memory.entries |= {wrong: two._replace(id=wrong), other: one._replace(id=other)}
            expected = {(Fault.CHANGED, wrong), (Fault.CHANGED, other)}
    assert {(each.fault, each.entry_id) for each in verify(seals)[0]} == expected


@given(books)
def test_an_entry_that_nobody_announced_is_named(given_books):
    memory, seals = given_books
    inserted = entry(1_000)
    memory.entries[inserted.id] = inserted
    assert verify(seals)[0] == [Finding(Fault.INSERTED, "padaria", entry_id=inserted.id)]


def changed(block, data):
    """Return the block with one of its parts another."""
    seal, first = block.seal, block.entries[0]
    return data.draw(
        st.sampled_from(
            [
                replace(block, seal=replace(seal, number=seal.number + 1_000)),
                replace(block, seal=replace(seal, entry_count=seal.entry_count + 1)),
                replace(block, seal=replace(seal, up_to=seal.up_to + timedelta(seconds=1))),
                replace(block, seal=replace(seal, digest=hashlib.sha256(seal.digest).digest())),
                replace(block, since=block.since - timedelta(seconds=1)),
                replace(block, entries=block.entries[1:]),
                replace(block, entries=[*block.entries, first]),
                replace(block, entries=[first._replace(leaf=NO_DIGEST), *block.entries[1:]]),
                replace(block, entries=[first._replace(entry_id=UUID(int=77)), *block.entries[1:]]),
                replace(block, signature=FOREIGN_KEYS.sign(seal.statement)),
                replace(block, signature=replace(block.signature, signature=bytes(64))),
            ]
        )
    )


@given(books, st.data())
def test_a_block_that_was_changed_is_named(given_books, data):
    _, seals = given_books
    place = data.draw(st.integers(0, len(seals.blocks) - 1))
    right = seals.blocks[place]
    seals.blocks[place] = wrong = changed(right, data)
    named = {(each.merchant_id, each.block) for each in verify(seals)[0] if each.entry_id is None}
    assert named & {(right.seal.merchant_id, right.seal.number), (wrong.seal.merchant_id, wrong.seal.number)}


@given(books, st.data())
def test_a_block_that_was_removed_is_named_by_itself_or_by_its_entries(given_books, data):
    _, seals = given_books
    removed = seals.blocks.pop(data.draw(st.integers(0, len(seals.blocks) - 1)))
    findings = verify(seals)[0]
    named = {each.entry_id for each in findings if each.fault is Fault.INSERTED}
    assert named == {each.entry_id for each in removed.entries}
    of_blocks = [each for each in findings if each.entry_id is None]
    is_last = all(block.seal.number < removed.seal.number for block in seals.blocks
                  if block.seal.merchant_id == removed.seal.merchant_id)  # fmt: skip
    expected = [Finding(Fault.BLOCK_REMOVED, removed.seal.merchant_id, removed.seal.number)]
    assert of_blocks == ([] if is_last else expected)


def test_books_that_were_rewritten_and_sealed_anew_are_told_by_the_key_and_by_a_seal_that_was_kept():
    memory, seals = sealed_books(["padaria"] * 4, 2)
    kept = seals.blocks[-1].seal.digest
    assert verify(seals, kept=kept)[0] == []
    wrong = next(iter(memory.entries))
    memory.entries[wrong] = memory.entries[wrong]._replace(amount_minor=1)
    anew = FakeSeals(memory)

    async def seal_with(keys):
        while (await SealEntries(anew, keys, batch_max=2)())[1]:
            pass

    asyncio.run(seal_with(FOREIGN_KEYS))
    assert {each.fault for each in verify(anew)[0]} == {Fault.SIGNATURE}
    assert [each.fault for each in verify(anew, FOREIGN_KEYS, kept)[0]] == [Fault.SEAL_UNKNOWN]


def test_an_older_key_still_proves():
    _, seals = sealed_books(["padaria"], 1)
    both = SealKeys("another-key-of-seals-of-somebody-else", "a-key-of-seals-that-only-tests-know")
    assert verify(seals, both)[0] == []


def test_a_digest_and_a_statement_are_what_the_documents_say():
    seal = Seal("padaria", 7, 12, NOON, NO_DIGEST)
    sealed = SealedEntry.of(UUID(int=1), b'["..."]')
    told = b"fluxo.seal.1\npadaria\n7\n12\n2026-11-22T14:00:00.000000Z\n2026-11-22T15:00:00.000000Z\n"
    leaf = hashlib.sha256(b'["..."]').digest()
    expected = hashlib.sha256(told + bytes(31) + b"\x01" + UUID(int=1).bytes + leaf).digest()
    assert digest_of(seal, NOON - timedelta(hours=1), [sealed], bytes(31) + b"\x01") == expected
    assert seal.statement == (b"fluxo.seal.1\npadaria\n7\n12\n2026-11-22T15:00:00.000000Z\n" + b"00" * 32 + b"\n")
