"""Amounts as people type and read them: never guessed, never rounded."""

import re

import pytest
from fluxo_contracts.currencies import DECIMALS, money_in
from fluxo_dashboard.language.amounts import read_amount, write_amount, write_money
from fluxo_dashboard.language.languages import ENGLISH, PORTUGUESE
from hypothesis import given
from hypothesis import strategies as st

AMOUNTS = st.integers(1, 99_999_999_999_999)
CURRENCIES = st.sampled_from(sorted(DECIMALS))
LANGUAGES = st.sampled_from([PORTUGUESE, ENGLISH])


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1234,56", "1234.56"), ("1.234,56", "1234.56"), ("1234", "1234"), ("0,05", "0.05"), ("10,00", "10.00")],
)
def test_portuguese_amounts_have_a_comma(typed, read):
    assert read_amount(typed, "BRL", PORTUGUESE) == read


@pytest.mark.parametrize("typed", ["1234.56", "1,234.56", "1234"])
def test_english_amounts_have_a_point(typed):
    assert read_amount(typed, "BRL", ENGLISH) == typed.replace(",", "")


@pytest.mark.parametrize(
    "typed",
    [
        "1.234,5",
        "1,234.56",
        "R$ 10",
        " 10 ",
        "10,999",
        "-5",
        "",
        " ",
        "1.234",
        "12.34,56",
        "1e3",
        "٣,00",
        "10,00\n",
        "0,00",
        "0",
        ",50",
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused_in_a_sentence(typed):
    with pytest.raises(ValueError, match=r"[.]\Z") as refused:
        read_amount(typed, "BRL", PORTUGUESE)
    assert re.search(r"Escreva|maior que zero", str(refused.value))


@pytest.mark.parametrize(
    ("currency", "typed", "read"), [("JPY", "1.500", "1500"), ("KWD", "1,250", "1.250"), ("KWD", "12", "12")]
)
def test_a_currencys_own_decimals_count(currency, typed, read):
    assert read_amount(typed, currency, PORTUGUESE) == read


@given(AMOUNTS, CURRENCIES, LANGUAGES)
def test_what_the_page_writes_it_reads_back(minor, currency, language):
    amount = money_in(currency)(minor)
    assert read_amount(write_amount(amount, language), currency, language) == amount


@given(AMOUNTS, CURRENCIES, LANGUAGES)
def test_money_is_shown_to_its_last_digit(minor, currency, language):
    shown = write_money(money_in(currency)(minor), currency, language)
    assert int("".join(re.findall(r"[0-9]", shown))) == minor


def test_money_is_written_as_the_country_does():
    assert write_money("1234.56", "BRL", PORTUGUESE) == "R$\N{NO-BREAK SPACE}1.234,56"
    assert write_money("-0.05", "BRL", PORTUGUESE) == "-R$\N{NO-BREAK SPACE}0,05"
    assert write_money("92233999999999077.66", "BRL", PORTUGUESE) == "R$\N{NO-BREAK SPACE}92.233.999.999.999.077,66"
