import pytest
from fluxo_cli.api.money import format_minor, parse_amount
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("150", "150"),
        ("150.5", "150.5"),
        ("1234.56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1.234.567,8", "1234567.8"),
        ("0,01", "0.01"),
    ],
)
def test_both_writings_mean_the_same(written, amount):
    assert parse_amount(written) == amount


@pytest.mark.parametrize("written", ["1.234", "1,234", "1.234.567", "1.234,567", "150.000", "0.150"])
def test_what_two_people_would_read_differently_is_refused(written):
    with pytest.raises(ValueError, match="two ways"):
        parse_amount(written)


@pytest.mark.parametrize(
    "written",
    [
        *("", " 1", "-5", "+5", "1e3", "R$ 5", "1_000", "١٢", "NaN", "1.00\n", "1,00\n"),
        *("1,234.56", "12.34,56", "1.23,45", "0.123,45", "1.2345,00", "1234.567", "1.", ",5"),
    ],
)
def test_every_other_writing_is_refused(written):
    with pytest.raises(ValueError, match="Write the amount"):
        parse_amount(written)


@given(st.integers(1, 99_999_999_999_999))
def test_an_amount_in_brazilian_writing_comes_out_as_the_api_writes_it(amount_minor):
    units, cents = divmod(amount_minor, 100)
    grouped = f"{units:,}".replace(",", ".")
    assert parse_amount(f"{grouped},{cents:02d}") == format_minor(amount_minor)
    assert parse_amount(format_minor(amount_minor)) == format_minor(amount_minor)


def test_negative_minor_units_keep_their_sign():
    assert format_minor(-5) == "-0.05"
    assert format_minor(-123_456) == "-1234.56"
    assert format_minor(0) == "0.00"
