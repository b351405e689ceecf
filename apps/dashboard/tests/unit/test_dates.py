"""Dates as people type and read them, on the merchant's calendar."""

from datetime import UTC, date, datetime

import pytest
from fluxo_dashboard.language.dates import read_date, write_date, write_day, write_instant, write_month
from fluxo_dashboard.language.languages import ENGLISH, PORTUGUESE
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("typed", ["22/11/2026", "2026-11-22"])
def test_both_writings_are_read_in_portuguese(typed):
    assert read_date(typed, TODAY, PORTUGUESE) == TODAY


def test_one_digit_of_day_and_month_is_enough():
    assert read_date("1/2/2026", TODAY, PORTUGUESE) == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("23/11/2026", "ainda não chegou"),
        ("31/02/2026", "não existe"),
        ("1/2/26", "quatro dígitos"),
        ("", "quatro dígitos"),
        ("22.11.2026", "quatro dígitos"),
        ("22/11/2026 ", "quatro dígitos"),
        ("2026-02-30", "não existe"),
    ],
)
def test_a_wrong_date_is_said_in_a_sentence(typed, said):
    with pytest.raises(ValueError, match=said):
        read_date(typed, TODAY, PORTUGUESE)


def test_an_english_page_takes_no_date_that_could_be_the_other_way_round():
    with pytest.raises(ValueError, match="four digits"):
        read_date("11/12/2026", TODAY, ENGLISH)


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY), st.sampled_from([PORTUGUESE, ENGLISH]))
def test_what_the_page_writes_it_reads_back(day, language):
    assert read_date(write_date(day, language), TODAY, language) == day


def test_days_months_and_instants_read_as_people_say_them():
    assert write_day(TODAY, PORTUGUESE) == "domingo, 22 de novembro de 2026"
    assert write_month(TODAY, PORTUGUESE) == "novembro de 2026"
    instant = datetime(2026, 11, 22, 2, 59, 59, tzinfo=UTC)
    assert write_instant(instant, "America/Sao_Paulo", PORTUGUESE) == "21/11/2026 23:59:59"
