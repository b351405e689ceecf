from datetime import date

import pytest
from fluxo_dashboard.pages.period import Period

TODAY = date(2026, 11, 28)


def period(by: str, day: str, today: date = TODAY) -> Period:
    return Period.around(by, date.fromisoformat(day), today)


@pytest.mark.parametrize(
    ("by", "day", "first", "last"),
    [
        ("day", "2024-02-29", "2024-02-29", "2024-02-29"),
        ("week", "2026-11-22", "2026-11-16", "2026-11-22"),
        ("week", "2026-11-23", "2026-11-23", "2026-11-29"),
        ("week", "2021-01-03", "2020-12-28", "2021-01-03"),  # week 53 of 2020
        ("week", "2021-01-04", "2021-01-04", "2021-01-10"),
        ("month", "2024-02-10", "2024-02-01", "2024-02-29"),
        ("month", "2026-02-28", "2026-02-01", "2026-02-28"),
        ("month", "2025-12-31", "2025-12-01", "2025-12-31"),
        ("year", "2024-02-29", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_period_is_the_whole_one_around_a_day(by, day, first, last):
    found = period(by, day)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("by", "day", "previous", "following"),
    [
        ("day", "2026-01-01", "2025-12-31", "2026-01-02"),
        ("day", "2024-02-29", "2024-02-28", "2024-03-01"),
        ("week", "2021-01-04", "2020-12-28", "2021-01-11"),
        ("month", "2026-01-15", "2025-12-01", "2026-02-01"),
        ("year", "2024-06-01", "2023-01-01", "2025-01-01"),
    ],
)
def test_its_neighbours_touch_it(by, day, previous, following):
    found = period(by, day)
    assert found.previous.first.isoformat() == previous
    assert found.next.first.isoformat() == following
    assert found.previous.next == found == found.next.previous


@pytest.mark.parametrize("by", ["day", "week", "month", "year"])
def test_there_is_none_after_today_and_none_before_the_first_year(by):
    assert period(by, "2026-11-28").next is None
    assert period(by, "1900-01-01").previous is None


@pytest.mark.parametrize("by", ["day", "week", "month", "year"])
def test_the_address_of_the_present_one_is_the_same_tomorrow(by):
    assert period(by, "2026-11-28").address == f"?by={by}"
    assert period(by, "2024-02-29").address == f"?by={by}&on={period(by, '2024-02-29').first}"


@pytest.mark.parametrize(
    ("by", "day", "today", "compared"),
    [
        ("month", "2026-10-05", "2026-11-28", ("2026-09-01", "2026-09-30")),  # over: the whole of both
        ("month", "2026-11-05", "2026-11-28", ("2026-10-01", "2026-10-28")),
        ("month", "2026-03-05", "2026-03-30", ("2026-02-01", "2026-02-28")),  # has no thirty days
        ("month", "2026-11-05", "2026-11-30", ("2026-10-01", "2026-10-31")),  # its last day
        ("week", "2026-11-28", "2026-11-28", ("2026-11-16", "2026-11-21")),
        ("week", "2026-11-23", "2026-11-23", ("2026-11-16", "2026-11-16")),
        ("year", "2024-02-29", "2024-02-29", ("2023-01-01", "2023-03-01")),  # sixty days
        ("day", "2026-11-28", "2026-11-28", ("2026-11-27", "2026-11-27")),
    ],
)
def test_while_it_runs_it_is_compared_with_as_many_days(by, day, today, compared):
    first, last = period(by, day, date.fromisoformat(today)).compared()
    assert (first.isoformat(), last.isoformat()) == compared


def test_the_first_of_all_is_compared_with_nothing():
    assert period("year", "1900-06-01").compared() is None
