import asyncio
from collections import Counter
from datetime import date

import pytest
from fluxo_entries.adapters.observed_journal import disposition
from fluxo_entries.application.recording.ports import EntryFilter
from fluxo_entries.domain.errors import (
    CurrencyFixedError,
    EntryAlreadyReversedError,
    IdempotencyKeyReusedError,
    RejectedFieldsError,
)
from fluxo_entries.domain.merchant import Merchant

pytestmark = pytest.mark.anyio


async def count(entries):
    return len(await entries.page("padaria", EntryFilter(), None, 10_000))


async def test_the_same_key_and_request_replays_the_stored_entry(journal, entries, recording):
    first = await journal.append(recording(key="k"))

    second = await journal.append(recording(key="k"))

    assert second.replayed
    assert second.entry == first.entry
    assert await count(entries) == 1


async def test_the_same_key_with_another_request_is_refused(journal, entries, recording):
    await journal.append(recording(key="k", body="one"))

    with pytest.raises(IdempotencyKeyReusedError):
        await journal.append(recording(key="k", body="two"))

    assert await count(entries) == 1


async def test_a_key_belongs_to_its_merchant(journal, recording):
    mine = await journal.append(recording(key="k", body="one"))
    theirs = await journal.append(recording(key="k", body="two", merchant_id="banca"))
    assert not mine.replayed
    assert not theirs.replayed


async def test_of_32_at_once_with_one_key_one_is_recorded_and_all_get_its_entry(journal, entries, recording):
    outcomes = await asyncio.gather(*(journal.append(recording(key="k")) for _ in range(32)))

    assert Counter(map(disposition, outcomes)) == {"recorded": 1, "replayed": 31}
    assert len({outcome.entry.id for outcome in outcomes}) == 1
    assert await count(entries) == 1


async def test_a_key_reused_within_one_batch_is_refused(journal, recording):
    outcomes = await asyncio.gather(
        *(journal.append(recording(key="k", body=body)) for body in ("one", "two", "one", "two")),
        return_exceptions=True,
    )
    assert [disposition(each) for each in outcomes] == [
        "recorded",
        "key_reused",
        "replayed",
        "key_reused",
    ]


async def test_a_bad_row_fails_only_its_own_caller(journal, entries, recording):
    original = recording()
    await journal.append(original)
    await journal.append(recording(reverses=original.entry.id))

    good = [recording() for _ in range(20)]
    bad = recording(reverses=original.entry.id)
    results = await asyncio.gather(
        *(journal.append(each) for each in [*good[:10], bad, *good[10:]]), return_exceptions=True
    )

    assert isinstance(results.pop(10), EntryAlreadyReversedError)
    assert set(map(disposition, results)) == {"recorded"}
    assert await count(entries) == 22


async def test_of_two_reversals_at_once_one_is_recorded(journal, recording):
    original = recording()
    await journal.append(original)
    results = await asyncio.gather(
        *(journal.append(recording(reverses=original.entry.id)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["EntryAlreadyReversedError", "Outcome"]


async def test_a_merchant_that_never_set_anything_gets_the_defaults(journal, merchants, recording):
    await journal.append(recording())
    assert await merchants.get("padaria") == Merchant("padaria", "padaria", "BRL", "America/Sao_Paulo")


async def test_an_entry_in_another_currency_than_the_merchants_is_refused(journal, merchants, recording):
    await merchants.save(Merchant("padaria", "Padaria", currency="EUR"))
    results = await asyncio.gather(
        journal.append(recording()), journal.append(recording(merchant_id="banca")), return_exceptions=True
    )
    assert isinstance(results[0], RejectedFieldsError)
    assert results[0].fields[0][0] == "currency"
    assert not results[1].replayed


async def test_the_currency_is_fixed_once_there_are_entries(journal, merchants, recording):
    await journal.append(recording())

    with pytest.raises(CurrencyFixedError) as refused:
        await merchants.save(Merchant("padaria", "Padaria", currency="USD"))

    assert refused.value.currency == "BRL"
    renamed = Merchant("padaria", "Padaria", currency="BRL", time_zone="America/Manaus")
    await merchants.save(renamed)
    assert await merchants.get("padaria") == renamed


async def test_many_are_appended_in_the_order_given(journal, entries, recording):
    given = [recording(key=f"{n * 7919 % 2500:05}") for n in range(2500)]

    outcomes = await journal.append_all(given, atomic=True)

    assert [outcome.entry for outcome in outcomes] == [each.entry for each in given]
    assert set(map(disposition, outcomes)) == {"recorded"}
    assert await count(entries) == 2500


async def test_atomic_writes_nothing_when_a_key_is_reused(journal, entries, recording):
    await journal.append(recording(key="k", body="one"))

    outcomes = await journal.append_all([recording(), recording(key="k", body="two"), recording()], atomic=True)

    assert [disposition(each) for each in outcomes] == ["recorded", "key_reused", "recorded"]
    assert await count(entries) == 1


async def test_not_atomic_writes_the_others(journal, entries, recording):
    await journal.append(recording(key="k", body="one"))

    given = [recording(), recording(key="k", body="two"), recording(key="k", body="one"), recording(key="z")]
    outcomes = await journal.append_all([*given, recording(key="z")], atomic=False)

    assert [disposition(each) for each in outcomes] == ["recorded", "key_reused", "replayed", "recorded", "replayed"]
    assert await count(entries) == 3


async def test_find_tells_what_a_key_was_used_for(journal, recording):
    given = recording(key="k")
    assert await journal.find("padaria", "k", given.request_hash) is None
    await journal.append(given)

    assert (await journal.find("padaria", "k", given.request_hash)).entry == given.entry
    with pytest.raises(IdempotencyKeyReusedError):
        await journal.find("padaria", "k", b"x" * 32)
    assert await journal.find("banca", "k", given.request_hash) is None


async def test_dates_and_instants_come_back_as_they_went_in(journal, recording):
    given = recording(key="k", business_date=date(1999, 12, 31))
    await journal.append(given)
    stored = (await journal.append(recording(key="k"))).entry
    assert stored == given.entry
    assert stored.recorded_at.utcoffset().total_seconds() == 0


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_bulk_in_another_currency_than_the_merchants_is_refused_whole(
    journal, merchants, entries, recording, atomic
):
    await merchants.save(Merchant("padaria", "Padaria", currency="EUR"))
    with pytest.raises(RejectedFieldsError):
        await journal.append_all([recording(currency="EUR"), recording()], atomic=atomic)
    assert await count(entries) == 0
