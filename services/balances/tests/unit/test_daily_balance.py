from datetime import date, timedelta

import pytest
from fluxo_balances.domain.daily_balance import (
    NO_TOTALS,
    RANGE_DAYS_MAX,
    DailyBalance,
    DateRange,
    RangeBalance,
    RangeTooLongError,
    RangeUpsideDownError,
    Totals,
    TotalsByDay,
    carry_forward,
)
from hypothesis import given
from hypothesis import strategies as st

amounts = st.integers(1, 10**14)
totals = st.builds(Totals, amounts, amounts, st.integers(1, 5))


@st.composite
def ranges(draw, days_max: int = 40) -> DateRange:
    first = draw(st.dates(date(1900, 1, 1), date.max))
    days = draw(st.integers(0, min(days_max, (date.max - first).days)))
    return DateRange(first, first + timedelta(days))


def columns(by_date: dict[date, Totals]) -> TotalsByDay:
    rows = [(day, each.credits_minor, each.debits_minor, each.entry_count) for day, each in by_date.items()]
    return TotalsByDay(*zip(*rows, strict=True))


def days_of(balance: RangeBalance) -> list[DailyBalance]:
    """The days one by one."""
    totals = map(Totals, balance.credits_minor, balance.debits_minor, balance.entry_counts)
    return list(map(DailyBalance, balance.days, balance.balances_minor, totals))


@given(data=st.data(), days=ranges(), opening_minor=st.integers(-(10**16), 10**16))
def test_every_day_opens_with_the_sum_of_all_that_came_before(data, days, opening_minor):
    by_date = data.draw(st.dictionaries(st.sampled_from(list(days)), totals))
    balance = carry_forward(opening_minor, days, columns(by_date))
    assert [item.date for item in days_of(balance)] == list(days)
    for item in days_of(balance):
        before = sum(each.credits_minor - each.debits_minor for day, each in by_date.items() if day < item.date)
        assert item.opening_minor == opening_minor + before
        assert item.closing_minor == item.opening_minor + item.totals.credits_minor - item.totals.debits_minor


@given(data=st.data(), days=ranges(), opening_minor=st.integers(-(10**16), 10**16))
def test_a_range_closes_with_its_opening_and_all_its_totals(data, days, opening_minor):
    by_date = data.draw(st.dictionaries(st.sampled_from(list(days)), totals))
    balance = carry_forward(opening_minor, days, columns(by_date))
    assert balance.opening_minor == opening_minor
    assert balance.totals == Totals(
        sum(each.credits_minor for each in by_date.values()),
        sum(each.debits_minor for each in by_date.values()),
        sum(each.entry_count for each in by_date.values()),
    )
    assert balance.closing_minor == opening_minor + balance.totals.net_minor


def test_a_day_without_entries_carries_a_negative_balance():
    days = DateRange(date(2026, 11, 21), date(2026, 11, 22))
    balance = carry_forward(0, days, TotalsByDay([date(2026, 11, 21)], [0], [500], [1]))
    assert days_of(balance)[1] == DailyBalance(date(2026, 11, 22), -500, NO_TOTALS)
    assert balance.closing_minor == -500


def test_the_last_day_there_is_can_be_asked_for():
    assert [item.date for item in days_of(carry_forward(7, DateRange(date.max, date.max), TotalsByDay()))] == [date.max]


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(RangeUpsideDownError):
        DateRange(date(2026, 11, 22), date(2026, 11, 21))


def test_a_range_holds_so_many_days_and_not_one_more():
    first = date(2020, 1, 1)
    assert len(DateRange(first, first + timedelta(RANGE_DAYS_MAX - 1))) == RANGE_DAYS_MAX
    with pytest.raises(RangeTooLongError):
        DateRange(first, first + timedelta(RANGE_DAYS_MAX))
