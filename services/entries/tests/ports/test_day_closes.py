import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from fluxo_entries.adapters.observed_journal import disposition
from fluxo_entries.application.recording.ports import EntryFilter
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import DayClosedError, DayNotClosedError, IdempotencyKeyReusedError

pytestmark = pytest.mark.anyio

# Before the day of the recordings, which is in no balance here.
DAY = date(2026, 11, 20)


async def count(entries, merchant_id="padaria"):
    return len(await entries.page(merchant_id, EntryFilter(), None, 10_000))


async def test_nothing_is_recorded_in_a_closed_day_or_before_it(journal, entries, recording, day_closes):
    await day_closes.close("padaria", DAY, "ana")
    for day in (DAY, date(1999, 12, 31)):
        with pytest.raises(DayClosedError) as refused:
            await journal.append(recording(business_date=day))
        assert refused.value.first_open_day == DAY + timedelta(days=1)
    assert await count(entries) == 0
    assert not (await journal.append(recording(business_date=DAY + timedelta(days=1)))).replayed


async def test_what_is_refused_fails_only_its_own_caller(journal, entries, recording, day_closes):
    await day_closes.close("padaria", DAY, "ana")
    good = [recording(), recording(merchant_id="banca", business_date=DAY), recording()]
    results = await asyncio.gather(
        *(journal.append(each) for each in [*good, recording(business_date=DAY)]), return_exceptions=True
    )
    assert [disposition(each) for each in results] == ["recorded", "recorded", "recorded", "day_closed"]
    assert (await count(entries), await count(entries, "banca")) == (2, 1)


async def test_a_key_that_has_an_answer_gives_it_after_its_day_was_closed(journal, recording, day_closes, acknowledged):
    first = await journal.append(recording(key="k", business_date=DAY))
    await acknowledged()
    await day_closes.close("padaria", DAY, "ana")
    again = await journal.append(recording(key="k", business_date=DAY))
    assert (again.entry, again.replayed) == (first.entry, True)
    with pytest.raises(IdempotencyKeyReusedError):
        await journal.append(recording(key="k", body="another", business_date=DAY))
    in_bulk = [recording(key="k", business_date=DAY), recording(business_date=DAY)]
    outcomes = await journal.append_all(in_bulk, atomic=False)
    assert [disposition(each) for each in outcomes] == ["replayed", "day_closed"]


async def test_a_bulk_leaves_out_what_lies_in_closed_days(journal, entries, recording, day_closes):
    await day_closes.close("padaria", DAY, "ana")
    given = [recording(), recording(business_date=DAY), recording(), recording(key="z", business_date=DAY)]
    given.append(recording(key="z", business_date=DAY))

    outcomes = await journal.append_all(given, atomic=False)

    assert [disposition(each) for each in outcomes] == [
        "recorded", "day_closed", "recorded", "day_closed", "day_closed"
    ]  # fmt: skip
    assert await count(entries) == 2


async def test_an_atomic_bulk_with_one_in_a_closed_day_writes_nothing(journal, entries, recording, day_closes):
    await day_closes.close("padaria", DAY, "ana")
    outcomes = await journal.append_all([recording(), recording(business_date=DAY)], atomic=True)
    assert disposition(outcomes[1]) == "day_closed"
    assert await count(entries) == 0


async def test_a_day_that_is_reopened_takes_entries_and_those_before_stay_closed(journal, recording, day_closes):
    before = DAY - timedelta(days=5)
    await day_closes.close("padaria", before, "ana")
    await day_closes.close("padaria", DAY, "bia")

    line = await day_closes.reopen("padaria", DAY, "Nota esquecida", "ana")

    assert (line.number, line.action, line.closed_through, line.reason) == (3, "reopened", before, "Nota esquecida")
    await journal.append(recording(business_date=DAY))
    with pytest.raises(DayClosedError):
        await journal.append(recording(business_date=before))
    assert (await day_closes.reopen("padaria", before, "Tudo", "ana")).closed_through is None
    await journal.append(recording(business_date=before))


async def test_only_the_newest_closed_day_is_reopened(day_closes):
    with pytest.raises(DayNotClosedError):
        await day_closes.reopen("padaria", DAY, "?", "ana")
    await day_closes.close("padaria", DAY - timedelta(days=1), "ana")
    await day_closes.close("padaria", DAY, "ana")
    for merchant_id, day in (("padaria", DAY - timedelta(days=1)), ("banca", DAY)):
        with pytest.raises(DayNotClosedError):
            await day_closes.reopen(merchant_id, day, "?", "ana")


async def test_a_day_that_is_closed_is_not_closed_again(day_closes):
    line, is_new = await day_closes.close("padaria", DAY, "ana")
    assert is_new
    assert await day_closes.close("padaria", DAY, "bia") == (line, False)
    with pytest.raises(DayClosedError):
        await day_closes.close("padaria", DAY - timedelta(days=1), "ana")
    assert list(await day_closes.trail("padaria", 10)) == [line]


async def test_the_trail_tells_all_of_its_merchant_newest_first(day_closes):
    await day_closes.close("banca", DAY, "rui")
    await day_closes.close("padaria", DAY - timedelta(days=1), "ana")
    await day_closes.close("padaria", DAY, "bia")
    await day_closes.reopen("padaria", DAY, "Engano", "ana")

    trail = await day_closes.trail("padaria", 10)

    assert [(each.number, each.action, each.day, each.by) for each in trail] == [
        (3, "reopened", DAY, "ana"),
        (2, "closed", DAY, "bia"),
        (1, "closed", DAY - timedelta(days=1), "ana"),
    ]
    assert all(each.at.utcoffset() == timedelta(0) for each in trail)
    assert await day_closes.trail("padaria", 1) == trail[:1]


async def test_the_merchant_knows_what_is_closed_and_its_settings_change_without(day_closes, merchants):
    await day_closes.close("padaria", DAY, "ana")
    await merchants.save(replace(await merchants.get("padaria"), name="Padaria Sol"))
    merchant = await merchants.get("padaria")
    assert (merchant.name, merchant.closed_through) == ("Padaria Sol", DAY)


async def test_the_balance_is_of_all_up_to_the_day(journal, recording, day_closes, acknowledged):
    amounts = [
        (Direction.CREDIT, 1_000, 5),
        (Direction.DEBIT, 250, 5),
        (Direction.CREDIT, 70, 1),
        (Direction.DEBIT, 9, 0),
    ]
    for direction, amount_minor, days in amounts:
        day = DAY - timedelta(days=days)
        await journal.append(recording(direction=direction, amount_minor=amount_minor, business_date=day))
    await journal.append(recording(merchant_id="banca", business_date=DAY))
    await acknowledged()

    balances = []
    for days in (6, 5, 2, 0):
        line, _ = await day_closes.close("padaria", DAY - timedelta(days=days), "ana")
        balances.append(line.closing_balance_minor)
    assert balances == [0, 750, 750, 811]
    await day_closes.reopen("padaria", DAY, "Engano", "ana")
    await journal.append(recording(amount_minor=4, business_date=DAY))
    await acknowledged()
    assert (await day_closes.close("padaria", DAY, "ana"))[0].closing_balance_minor == 815
