import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest
from fluxo_chassis.postgres import open_pool
from fluxo_chassis.resilience import Bulkhead, CircuitBreaker
from fluxo_entries.adapters import cached_merchants
from fluxo_entries.adapters.cached_merchants import CachedMerchants
from fluxo_entries.adapters.postgres import entries as entries_module
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.category_totals import PostgresCategoryTotals
from fluxo_entries.adapters.postgres.day_totals import PostgresDayTotals
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.application.recording.ports import EntryFilter
from fluxo_entries.application.totals.ports import CategoryTotals, CutOff, DayTotals
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import SearchTooSlowError
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.domain.text import IGNORABLE, IGNORABLE_BEYOND
from fluxo_entries.entrypoints.http.answers import entry_answer, json_answer

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 10)


@pytest.fixture
def entries(api_pool):
    return PostgresEntries(api_pool)


async def test_texts_are_compared_without_what_shows_nothing(pool):
    rule = re.compile(f"[\u2800{IGNORABLE}{IGNORABLE_BEYOND}]")
    # The planes that have anything of the kind, and one statement for each 16,384, as each may take a second only.
    for first in (*range(0, 0x20000, 0x4000), 0xE0000):
        some = [chr(point) for point in range(max(first, 1), first + 0x4000) if not 0xD800 <= point <= 0xDFFF]
        left_out = await pool.fetch(
            "SELECT one FROM unnest($1::text[]) AS one WHERE folded('a' || one || 'b') = 'ab'", some
        )
        assert [row["one"] for row in left_out] == [one for one in some if rule.match(one)]


async def test_the_short_ways_to_a_searchable_text_lead_where_the_long_one_does(pool):
    short = "0123456789 abcdefghijklmnopqrstuvwxyzáàâãéêíóôõúç"
    short += short.upper()
    long = await pool.fetchval("SELECT search_text($1 || '%')", short)
    assert await pool.fetchval("SELECT search_text($1) || ' % '", short) == long
    for one in short.replace(" ", ""):
        assert await pool.fetchval("SELECT search_text($1) || ' % ' = search_text($1 || '%')", one), one


@pytest.mark.parametrize("character", ["\ufdfa", "\u3316", "\U0001d15e", "x", "%", "-", "\u0301", "\u0390"])
async def test_no_description_is_too_long_for_its_index(journal, entries, recording, character):
    given = recording(merchant_id="m" * 64, description=f"a{character * 199}")
    await journal.append(given)
    assert await entries.page("m" * 64, EntryFilter(text=given.entry.description), None, 10)


async def test_day_totals_come_by_merchant_and_day_from_one_snapshot(pool, journal, recording):
    def entry(merchant_id, day, direction, amount_minor):
        return recording(merchant_id=merchant_id, business_date=day, direction=direction, amount_minor=amount_minor)

    later = DAY + timedelta(days=1)
    await journal.append_all(
        [
            entry("b", later, Direction.CREDIT, 5),
            entry("b", DAY, Direction.CREDIT, 10),
            entry("b", DAY, Direction.DEBIT, 3),
            entry("b", DAY, Direction.CREDIT, 99_999_999_999_999),
            entry("Z", DAY, Direction.DEBIT, 1),
            entry("a", DAY, Direction.DEBIT, 2),
        ],
        atomic=True,
    )
    feed = PostgresDayTotals(pool)

    assert [day async for day in feed.day_totals(None, None, None)] == [
        DayTotals("Z", DAY, 0, 1, 1),
        DayTotals("a", DAY, 0, 2, 1),
        DayTotals("b", DAY, 100_000_000_000_009, 3, 3),
        DayTotals("b", later, 5, 0, 1),
    ]
    assert [day async for day in feed.day_totals("b", later, None)] == [DayTotals("b", later, 5, 0, 1)]
    assert [day async for day in feed.day_totals("b", None, DAY)] == [DayTotals("b", DAY, 100_000_000_000_009, 3, 3)]


async def test_after_a_cut_off_only_those_entries_count_that_were_applied(pool, journal, recording):
    recorded = [recording(business_date=DAY, amount_minor=amount_minor) for amount_minor in (1, 2, 4)]
    outcomes = await journal.append_all(recorded, atomic=True)
    before, missing, applied = sorted((outcome.entry for outcome in outcomes), key=lambda entry: entry.id)
    (day,) = [
        day async for day in PostgresDayTotals(pool).day_totals(None, None, None, CutOff(missing.id, [applied.id]))
    ]
    assert (day.credits_minor, day.entry_count) == (before.amount_minor + applied.amount_minor, 2)


async def test_day_totals_go_beyond_64_bits(owner, pool):
    await owner.execute(
        """
        INSERT INTO merchants VALUES ('vast', 'v', 'BRL', 'UTC');
        INSERT INTO entries
        SELECT gen_random_uuid(), 'vast', 'credit', 99999999999999, 'BRL', '2026-11-10', 'd', NULL, NULL, now()
        FROM generate_series(1, 92234)
        """
    )
    (day,) = [day async for day in PostgresDayTotals(pool).day_totals("vast", None, None)]
    assert day == DayTotals("vast", DAY, 9_223_399_999_999_907_766, 0, 92_234)
    assert type(day.credits_minor) is int


async def test_categories_are_added_up_by_month_and_folded_category_up_to_a_day_and_a_cut_off(pool, journal, recording):
    given = [
        recording(business_date=day, category=category, direction=direction, amount_minor=amount_minor)
        for day, category, direction, amount_minor in (
            (DAY, "Vendas", Direction.CREDIT, 1),
            (DAY.replace(day=30), "VENDAS", Direction.CREDIT, 2),
            (DAY, "vendas", Direction.DEBIT, 4),
            (DAY, None, Direction.DEBIT, 8),
            (date(2026, 10, 31), "Água", Direction.DEBIT, 16),
        )
    ]
    for each in [*given, recording(merchant_id="Zebra", business_date=DAY, category="luz", amount_minor=32)]:
        await journal.append(each)
    zebra = CategoryTotals("Zebra", DAY.replace(day=1), "luz", 32, 0, 1)
    october = CategoryTotals("padaria", date(2026, 10, 1), "água", 0, 16, 1)
    none = CategoryTotals("padaria", DAY.replace(day=1), "", 0, 8, 1)

    async def found(*asked):
        return [each async for each in PostgresCategoryTotals(pool).category_totals(*asked)]

    sales = CategoryTotals("padaria", DAY.replace(day=1), "vendas", 3, 4, 3)
    assert await found(None, None) == [zebra, october, none, sales]
    assert await found("padaria", DAY) == [october, none, replace(sales, credits_minor=1, entry_count=2)]
    until = CutOff(given[1].entry.id, [given[4].entry.id])
    assert await found("padaria", None, until) == [
        october,
        replace(sales, credits_minor=1, debits_minor=0, entry_count=1),
    ]


async def test_adding_up_very_many_entries_may_take_its_time(entries_database, journal, recording, monkeypatch):
    await journal.append(recording())
    for name in ("DAY_TOTALS", "CATEGORY_TOTALS"):
        slowly = f"SELECT totals.* FROM ({getattr(sql, name)}) AS totals, (SELECT pg_sleep(0.6)) AS slow"
        monkeypatch.setattr(sql, name, slowly)
    async with await open_pool(entries_database.url, application_name="t", command_timeout_s=0.3) as impatient:
        assert [day async for day in PostgresDayTotals(impatient).day_totals(None, None, None)]
        assert [each async for each in PostgresCategoryTotals(impatient).category_totals(None, None)]


async def test_a_search_that_takes_too_long_is_told_from_a_database_that_is_away(
    entries_database, journal, recording, monkeypatch
):
    await journal.append(recording())
    slowly = " AND pg_sleep(0.6) IS NOT NULL"
    monkeypatch.setattr(sql, "PAGE_FILTERS", {name: each + slowly for name, each in sql.PAGE_FILTERS.items()})
    monkeypatch.setattr(sql, "HAS_WORDS", sql.HAS_WORDS + slowly)
    async with await open_pool(entries_database.api_url, application_name="t", command_timeout_s=0.3) as impatient:
        entries = PostgresEntries(impatient)
        for search_timeout_ms in (200, 600):  # the server gives up first, or the client
            monkeypatch.setattr(entries_module, "SEARCH_TIMEOUT_MS", search_timeout_ms)
            with pytest.raises(SearchTooSlowError):
                await entries.page("padaria", EntryFilter(text="venda"), None, 10)
        with pytest.raises(asyncpg.QueryCanceledError):
            await entries.page("padaria", EntryFilter(from_date=DAY), None, 10)


async def test_a_merchants_slow_searches_hold_two_connections_and_open_no_breaker(
    entries_database, journal, recording, monkeypatch
):
    """Whoever gives up first: in the first round it is the server, in the second one the client."""
    await journal.append(recording())
    monkeypatch.setattr(sql, "HAS_WORDS", sql.HAS_WORDS + " AND pg_sleep(2) IS NOT NULL")
    breaker = CircuitBreaker("searched", failures=1)
    reads = Bulkhead("searched-reads", running_max=3, waiting_max=100, wait_max_s=1.5)
    searches = Bulkhead("searched-searches", running_max=3, tenant_running_max=2, waiting_max=100, wait_max_s=60)
    async with await open_pool(
        entries_database.api_url, application_name="t", command_timeout_s=1.0, breaker=breaker, bulkhead=reads
    ) as pool:
        entries = PostgresEntries(pool, searches)
        for search_timeout_ms in (300, 2_000):
            monkeypatch.setattr(entries_module, "SEARCH_TIMEOUT_MS", search_timeout_ms)
            crowd = [
                asyncio.create_task(entries.page("padaria", EntryFilter(text="venda"), None, 10)) for _ in range(6)
            ]
            await asyncio.sleep(0)
            assert await entries.get("acougue", recording().entry.id) is None
            assert not all(each.done() for each in crowd)
            found = await asyncio.gather(*crowd, return_exceptions=True)
            assert {type(each) for each in found} == {SearchTooSlowError}
            assert (await breaker.observe()).status == "pass"


async def test_a_change_shows_at_once_where_it_was_made(pool, api_pool, monkeypatch):
    monkeypatch.setattr(cached_merchants, "KEPT_S", 600)
    monkeypatch.setattr(cached_merchants, "RENEWED_AFTER_S", 600)
    known = CachedMerchants(PostgresMerchants(api_pool))
    merchants = PostgresMerchants(api_pool, on_saved=known.forget)
    assert (await known.get("padaria")).name == "padaria"
    await merchants.save(Merchant("padaria", "Padaria da Ana"))
    assert (await known.get("padaria")).name == "Padaria da Ana"
    await pool.execute("UPDATE merchants SET name = 'elsewhere'")
    assert (await known.get("padaria")).name == "Padaria da Ana"
    monkeypatch.setattr(cached_merchants, "RENEWED_AFTER_S", 0)
    monkeypatch.setattr(cached_merchants, "KEPT_S", 0)
    assert (await known.get("padaria")).name == "elsewhere"


async def test_what_was_stored_is_answered_byte_for_byte_as_when_it_was_recorded(journal, entries, recording):
    original = recording()
    reversal = recording(reverses=original.entry.id, category=None)
    for each in (original, reversal):
        await journal.append(each)

    stored, stored_reversal = [await entries.get("padaria", each.entry.id) for each in (original, reversal)]

    assert answer(stored.entry, stored.reversed_by) == answer(original.entry, reversal.entry.id)
    assert answer(stored_reversal.entry) == answer(reversal.entry)
    assert f'"id":"{original.entry.id}"' in answer(stored.entry)


def answer(entry, reversed_by=None):
    return json_answer(200, entry_answer(entry, reversed_by)).body.decode()
