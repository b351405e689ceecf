import asyncio
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from fluxo_balances.domain.daily_balance import (
    DailyBalance,
    DateRange,
    MerchantState,
    RangeBalance,
    Totals,
    TotalsByDay,
    carry_forward,
)
from fluxo_balances.entrypoints.http.answers import DAYS_AT_A_TIME, TURNS, mark_stale, render_day, render_range
from hypothesis import given
from hypothesis import strategies as st

MERCHANT_STATE = MerchantState("BRL", datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC))
DAY = DailyBalance(date(2026, 11, 22), 10_000, Totals(15_000, 2_000, 3))


def test_a_day_is_written_as_the_contract_has_it_to_the_byte():
    assert render_day(MERCHANT_STATE, DAY) == (
        b'{"date":"2026-11-22","currency":"BRL","opening_balance":"100.00","total_credits":"150.00",'
        b'"total_debits":"20.00","net":"130.00","closing_balance":"230.00","entry_count":3,'
        b'"as_of":"2026-11-22T14:32:10.123456Z"}'
    )


def rendered(merchant_state: MerchantState, balance: RangeBalance) -> bytes:
    return asyncio.run(render_range(merchant_state, balance))


def test_a_range_names_its_ends_and_sums_and_holds_every_day_in_the_same_form():
    days = DateRange(date(2026, 11, 21), date(2026, 11, 22))
    answer = json.loads(
        rendered(MERCHANT_STATE, carry_forward(10_000, days, TotalsByDay([DAY.date], [15_000], [2_000], [3])))
    )
    assert list(answer) == [
        "currency", "from", "to", "opening_balance", "total_credits", "total_debits", "net", "closing_balance",
        "entry_count", "as_of", "items",
    ]  # fmt: skip
    assert (answer["from"], answer["to"]) == ("2026-11-21", "2026-11-22")
    assert (answer["opening_balance"], answer["closing_balance"]) == ("100.00", "230.00")
    assert answer["items"][1] == json.loads(render_day(MERCHANT_STATE, DAY))


amounts = st.integers(0, 10**14)
MONTHS = DateRange(date(2026, 2, 10), date(2026, 3, 21))
rows = st.lists(
    st.tuples(st.sampled_from(list(MONTHS)), amounts, amounts, st.integers(1, 5)), unique_by=lambda row: row[0]
)


def days_of(balance: RangeBalance) -> list[DailyBalance]:
    totals = map(Totals, balance.credits_minor, balance.debits_minor, balance.entry_counts)
    return list(map(DailyBalance, balance.days, balance.balances_minor, totals))


@given(
    rows=rows,
    opening_minor=st.integers(-(10**16), 10**16),
    merchant_state=st.sampled_from([MERCHANT_STATE, MerchantState("USD", None), MerchantState("JPY", None)]),
)
def test_each_day_of_a_range_is_to_the_byte_what_the_day_alone_is(rows, opening_minor, merchant_state):
    balance = carry_forward(opening_minor, MONTHS, TotalsByDay(*zip(*rows, strict=True)))
    items = b",".join(render_day(merchant_state, item) for item in days_of(balance))
    assert rendered(merchant_state, balance).endswith(b',"items":[' + items + b"]}")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_years_are_put_together_without_a_seam_and_others_are_served_between_them(more):
    first = date(2016, 1, 1)
    days = DateRange(first, first + timedelta(days=3 * DAYS_AT_A_TIME + more - 1))
    totals = TotalsByDay([first + timedelta(days=DAYS_AT_A_TIME)], [15_000], [2_000], [3])
    balance, turns = carry_forward(10_000, days, totals), []

    async def count_turns() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    async def beside_others() -> bytes:
        others = asyncio.create_task(count_turns())
        answer = await render_range(MERCHANT_STATE, balance)
        others.cancel()
        return answer

    answer = json.loads(asyncio.run(beside_others()))
    assert answer["items"] == [json.loads(render_day(MERCHANT_STATE, item)) for item in days_of(balance)]
    assert len(turns) >= TURNS * ((len(days) - 1) // DAYS_AT_A_TIME)


def test_whole_seconds_keep_six_decimals_and_another_zone_becomes_utc():
    noon = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone(timedelta(hours=-3)))
    assert json.loads(render_day(MerchantState("BRL", noon), DAY))["as_of"] == "2026-11-22T15:00:00.000000Z"


def test_a_merchant_without_entries_has_no_instant():
    assert json.loads(render_day(MerchantState("BRL", None), DAY))["as_of"] is None


def test_a_stale_answer_says_so_and_nothing_else_changes():
    rendered = render_day(MERCHANT_STATE, DAY)
    assert json.loads(mark_stale(rendered)) == json.loads(rendered) | {"stale": True}


@given(st.integers(-(2**63), 2**63))
def test_money_is_exact_with_two_decimals(amount_minor):
    money = closing("BRL", amount_minor)
    assert Decimal(money) * 100 == amount_minor
    assert len(money.partition(".")[2]) == 2


@pytest.mark.parametrize(
    ("currency", "written"), [("JPY", "-15000"), ("CLP", "-15000"), ("KWD", "-15.000"), ("XYZ", "-150.00")]
)
def test_money_has_the_decimals_of_its_currency(currency, written):
    assert closing(currency, -15_000) == written


def closing(currency: str, amount_minor: int) -> str:
    balance = DailyBalance(DAY.date, amount_minor, Totals())
    return json.loads(render_day(MerchantState(currency, None), balance))["closing_balance"]
