from decimal import Decimal

import pytest
from fluxo_contracts.currencies import DECIMALS, money_in
from fluxo_entries.domain.money import AMOUNT_MINOR_MAX, UNITS_MAX, minor_units, parse_amount
from hypothesis import given
from hypothesis import strategies as st

CURRENCIES = st.sampled_from(["JPY", "CLP", "PYG", "BRL", "KWD", "BHD", "CLF"])


@given(CURRENCIES, st.integers(1, AMOUNT_MINOR_MAX))
def test_an_amount_reads_back_as_what_was_written(currency, amount_minor):
    written = money_in(currency)(amount_minor)
    if len(written.partition(".")[0]) <= len(str(UNITS_MAX)):
        assert minor_units(parse_amount(written), currency) == amount_minor


@given(st.decimals("0.01", "999999999999.99", places=2))
def test_every_decimal_of_two_places_is_its_hundredths(amount):
    assert minor_units(parse_amount(f"{amount:f}"), "BRL") == int(amount.scaleb(2))


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("150", "BRL", 15000),
        ("150.5", "BRL", 15050),
        ("150.00", "BRL", 15000),
        ("0.01", "BRL", 1),
        ("0.1", "BRL", 10),
        ("999999999999.99", "BRL", AMOUNT_MINOR_MAX),
        ("1500", "JPY", 1500),
        ("999999999999", "PYG", UNITS_MAX),
        ("1.234", "KWD", 1234),
        ("1.5", "KWD", 1500),
        ("99999999999.999", "BHD", AMOUNT_MINOR_MAX),
        ("0.0001", "CLF", 1),
    ],
)
def test_decimals_may_be_left_out(text, currency, amount_minor):
    assert minor_units(parse_amount(text), currency) == amount_minor


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("1.001", "BRL", "An amount in BRL has at most 2 decimals, and is at most 999999999999.99."),
        ("1.000", "BRL", "An amount in BRL has at most 2 decimals, and is at most 999999999999.99."),
        ("1500.0", "JPY", "An amount in JPY has no decimals, and is at most 999999999999."),
        ("1.2345", "KWD", "An amount in KWD has at most 3 decimals, and is at most 99999999999.999."),
        ("100000000000", "KWD", "An amount in KWD has at most 3 decimals, and is at most 99999999999.999."),
    ],
)
def test_an_amount_fits_its_currency(text, currency, sentence):
    with pytest.raises(ValueError, match="An amount in") as refused:
        minor_units(parse_amount(text), currency)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "0.00", "00", "007", "-1", "+1", "1.", ".5", "1.00001", "1e3", "1,50", "1.234,56", "1_000",
     " 1", "1 ", "1\n", "1.00\n", "\u0661\u0662", "\uff11", "NaN",
     "Infinity", "0x10", "1000000000000", "9999999999999.99", "R$ 1"],
)  # fmt: skip
def test_anything_else_is_no_amount(text):
    with pytest.raises(ValueError, match="An amount is"):
        parse_amount(text)


@given(st.text(max_size=20), CURRENCIES)
def test_text_is_an_amount_or_a_value_error_and_nothing_else(text, currency):
    try:
        amount_minor = minor_units(parse_amount(text), currency)
    except ValueError:
        return
    assert 0 < amount_minor <= AMOUNT_MINOR_MAX


@given(st.sampled_from(sorted(DECIMALS)), st.integers(-(2**63), 2**63))
def test_money_is_exact_with_its_currencys_decimals(currency, amount_minor):
    written = money_in(currency)(amount_minor)
    assert Decimal(written).scaleb(DECIMALS[currency]) == amount_minor
    assert len(written.partition(".")[2]) == DECIMALS[currency]
