import pytest
from fluxo_entries.domain.money import format_amount, parse_amount
from hypothesis import given
from hypothesis import strategies as st

MINOR_MAX = 99_999_999_999_999


@given(st.integers(1, MINOR_MAX))
def test_an_amount_reads_back_as_what_was_written(amount_minor):
    assert parse_amount(format_amount(amount_minor)) == amount_minor


@given(st.decimals("0.01", "999999999999.99", places=2))
def test_every_decimal_of_two_places_is_its_hundredths(amount):
    assert parse_amount(f"{amount:f}") == int(amount.scaleb(2))


@pytest.mark.parametrize(
    ("text", "amount_minor"),
    [
        ("150", 15000),
        ("150.5", 15050),
        ("150.00", 15000),
        ("0.01", 1),
        ("0.1", 10),
        ("999999999999.99", MINOR_MAX),
    ],
)
def test_decimals_may_be_left_out(text, amount_minor):
    assert parse_amount(text) == amount_minor


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "0.00", "00", "007", "-1", "+1", "1.", ".5", "1.001", "1.000", "1e3", "1,50", "1.234,56", "1_000",
     " 1", "1 ", "1\n", "1.00\n", "\u0661\u0662", "\uff11", "NaN",
     "Infinity", "0x10", "1000000000000", "9999999999999.99", "R$ 1"],
)  # fmt: skip
def test_anything_else_is_no_amount(text):
    with pytest.raises(ValueError, match="An amount is"):
        parse_amount(text)


@given(st.text(max_size=20))
def test_text_is_an_amount_or_a_value_error_and_nothing_else(text):
    try:
        amount_minor = parse_amount(text)
    except ValueError:
        return
    assert 0 < amount_minor <= MINOR_MAX


def test_a_balance_below_zero_has_a_sign_before_its_digits():
    assert format_amount(-5) == "-0.05"
    assert format_amount(-123456) == "-1234.56"
    assert format_amount(0) == "0.00"
