import pytest
from fluxo_cli.api.money import parse_amount
from fluxo_contracts.currencies import money_in
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
    assert parse_amount(f"{grouped},{cents:02d}") == money_in("BRL")(amount_minor)
    assert parse_amount(money_in("BRL")(amount_minor)) == money_in("BRL")(amount_minor)


@pytest.mark.parametrize(
    ("written", "decimals", "amount"),
    [
        ("1500", 0, "1500"),
        ("1.500", 0, "1500"),
        ("1,234,567", 0, "1234567"),
        ("1.234", 3, "1.234"),
        ("1,234", 3, "1.234"),
        ("1.234,5", 3, "1234.5"),
        ("1234.567", 3, "1234.567"),
        ("0,0001", 4, "0.0001"),
    ],
)
def test_decimals_are_the_currencys(written, decimals, amount):
    assert parse_amount(written, decimals) == amount


@pytest.mark.parametrize(
    ("written", "decimals"),
    [("1.5", 0), ("1500.00", 0), ("1,50", 0), ("0.150", 0), ("1.234,567", 0), ("1.2345", 3), ("1.234.567", 3)],
)
def test_more_decimals_than_the_currency_has_are_refused(written, decimals):
    with pytest.raises(ValueError, match=r"Write the amount|two ways"):
        parse_amount(written, decimals)
