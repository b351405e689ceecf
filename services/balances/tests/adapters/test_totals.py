import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_balances.adapters.postgres.projected_categories import PostgresProjectedCategories
from fluxo_balances.adapters.postgres.projected_days import PostgresProjectedDays
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.reading.list_projected_categories import ListProjectedCategories
from fluxo_balances.application.reading.list_projected_days import ListProjectedDays
from fluxo_balances.entrypoints.totals import write_category_totals, write_totals
from fluxo_contracts.cut_off import decode_cut_off

pytestmark = pytest.mark.anyio


@pytest.fixture
async def totals(pool, recorded):
    """The lines for `totals(merchant_id, from_date, to_date)`; each None stands for all."""
    await PostgresProjection(pool).apply(
        [
            recorded("m2", date(2026, 1, 1), debit=9),
            recorded("m1", date(2026, 11, 22), credit=150_00),
            recorded("m1", date(2026, 11, 22), debit=20_00),
            recorded("m1", date(2026, 11, 3), credit=1_00),
            recorded("m1", date(2026, 10, 31), debit=2_00),
            recorded("M1", date(2026, 1, 1), credit=3),
        ]
    )

    async def lines(merchant_id=None, from_date=None, to_date=None):
        out = io.BytesIO()
        async with pool.acquire() as connection:
            await write_totals(
                ListProjectedDays(PostgresProjectedDays(connection)), out, merchant_id, from_date, to_date
            )
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return lines


async def test_every_day_with_totals_is_a_line_by_merchant_in_code_point_order_and_date(totals):
    lines = await totals()
    assert [(line["merchant_id"], line["date"]) for line in lines] == [
        ("M1", "2026-01-01"),
        ("M1", "2026-02-01"),
        ("m1", "2026-10-31"),
        ("m1", "2026-11-03"),
        ("m1", "2026-11-22"),
        ("m1", "2026-12-01"),
        ("m2", "2026-01-01"),
        ("m2", "2026-02-01"),
    ]
    assert lines[4] == {
        "merchant_id": "m1",
        "date": "2026-11-22",
        "credits_minor": 150_00,
        "debits_minor": 20_00,
        "entry_count": 2,
        "opening_minor": -1_00,
        "closing_minor": 129_00,
    }


async def test_a_range_begins_with_what_all_earlier_days_left(totals):
    lines = await totals("m1", date(2026, 11, 4), date(2026, 11, 30))
    assert [(line["date"], line["opening_minor"]) for line in lines] == [("2026-11-22", -1_00)]


async def test_after_the_last_day_comes_the_month_after_which_rests_on_all_months(totals):
    assert (await totals("m1"))[-1] == {
        "merchant_id": "m1",
        "date": "2026-12-01",
        "credits_minor": 0,
        "debits_minor": 0,
        "entry_count": 0,
        "opening_minor": 129_00,
        "closing_minor": 129_00,
    }


@pytest.mark.parametrize(
    ("to_date", "last"),
    [(date(2026, 11, 21), "2026-11-03"), (date(2026, 10, 31), "2026-10-31"), (date(2026, 11, 1), "2026-11-01")],
)
async def test_a_range_ends_as_if_nothing_came_after_it(totals, to_date, last):
    assert (await totals("m1", None, to_date))[-1]["date"] == last


@pytest.mark.parametrize(("month", "shown"), [("2026-10-01", "2026-11-03"), ("2026-11-01", "2026-12-01")])
async def test_a_wrong_month_shows_in_the_first_day_after_it(totals, pool, month, shown):
    right = await totals("m1")
    await pool.execute(f"UPDATE month_totals SET credits_minor = credits_minor + 1 WHERE month = '{month}'")
    changed = [now["date"] for now, before in zip(await totals("m1"), right, strict=True) if now != before]
    assert changed[0] == shown


async def test_a_month_without_days_shows_in_the_first_day_after_it(totals, pool):
    await pool.execute(
        "INSERT INTO month_totals VALUES ('phantom', '2026-12-01', 7, 0, 1), ('m1', '9999-12-01', 1, 0, 1)"
    )
    (line,) = await totals("phantom")
    assert (line["date"], line["opening_minor"]) == ("2027-01-01", 7)
    assert (await totals("m1"))[-1]["date"] == "2026-12-01"


async def test_sums_beyond_64_bits_are_told_to_the_last_digit(totals, pool):
    await pool.execute(
        "INSERT INTO day_totals VALUES ('vast', '2026-11-22', 7, 0, 1, 0, 90), ('vast', '2026-11-23', 3, 0, 1, 10, 0)"
    )
    await pool.execute("INSERT INTO month_totals VALUES ('vast', '2026-11-01', 10, 0, 2, 10, 90)")
    figures = [(line["opening_minor"], line["debits_minor"], line["closing_minor"]) for line in await totals("vast")]
    assert figures == [
        (0, 90 * 10**18, 7 - 90 * 10**18),
        (7 - 90 * 10**18, 0, 10 - 80 * 10**18),
        (10 - 80 * 10**18, 0, 10 - 80 * 10**18),
    ]


async def test_the_cut_off_comes_first_and_names_what_the_days_hold_since_then(pool, recorded):
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    old, at_noon, other = [
        recorded(merchant, date(2026, 11, 22), credit=1, at=at)
        for merchant, at in (("m1", noon - timedelta(seconds=1)), ("m1", noon), ("m2", noon))
    ]
    await PostgresProjection(pool).apply([old, at_noon, other])
    for merchant_id, expected in ((None, {at_noon.id, other.id}), ("m1", {at_noon.id})):
        out = io.BytesIO()
        async with pool.acquire() as connection:
            days = ListProjectedDays(PostgresProjectedDays(connection))
            await write_totals(days, out, merchant_id, None, None, noon)
        told = decode_cut_off(out.getvalue().splitlines()[0])
        assert set(told.applied) == expected
        assert old.id < told.since <= at_noon.id


async def test_every_month_of_a_category_is_a_line_by_merchant_month_and_folded_category(pool, recorded):
    await PostgresProjection(pool).apply(
        [
            recorded("m2", date(2026, 1, 1), debit=9, category="Luz"),
            recorded("m1", date(2026, 11, 30), credit=1, category="VENDAS"),
            recorded("m1", date(2026, 11, 1), credit=2, category="Vendas"),
            recorded("m1", date(2026, 11, 2), debit=4),
            recorded("m1", date(2026, 10, 31), debit=5, category="Água"),
        ]
    )

    async def lines(*asked):
        out = io.BytesIO()
        async with pool.acquire() as connection, connection.transaction():
            categories = ListProjectedCategories(PostgresProjectedCategories(connection))
            await write_category_totals(categories, out, *asked)
        return [tuple(json.loads(line).values()) for line in out.getvalue().splitlines()]

    assert await lines(None, None) == [
        ("m1", "2026-10-01", "água", 0, 5, 1),
        ("m1", "2026-11-01", "", 0, 4, 1),
        ("m1", "2026-11-01", "vendas", 3, 0, 2),
        ("m2", "2026-01-01", "luz", 0, 9, 1),
    ]
    assert await lines("m1", date(2026, 11, 1)) == [
        ("m1", "2026-10-01", "água", 0, 5, 1),
        ("m1", "2026-11-01", "vendas", 2, 0, 1),
    ]
