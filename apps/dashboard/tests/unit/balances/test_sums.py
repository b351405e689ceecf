from decimal import Decimal

import pytest
from fluxo_dashboard.language.amounts import write_money, write_per_cent
from fluxo_dashboard.language.languages import ENGLISH, PORTUGUESE
from fluxo_dashboard.pages.spending import by_category
from fluxo_dashboard.pages.sums import Change, Sums, by_month

BEYOND_64_BITS = "92233720368547758079.99"


def day(date, opening, credits_, debits, closing, count=1):
    return {
        "date": date,
        "opening_balance": opening,
        "total_credits": credits_,
        "total_debits": debits,
        "closing_balance": closing,
        "entry_count": count,
    }


def item(month, category, credits_, debits, count=1):
    net = str(Decimal(credits_) - Decimal(debits))
    return {
        "month": month,
        "category": category,
        "total_credits": credits_,
        "total_debits": debits,
        "net": net,
        "entry_count": count,
    }


DAYS = [
    day("2025-12-31", "10.00", "5.00", "0.00", "15.00"),
    day("2026-01-01", "15.00", "0.00", "20.10", "-5.10", 2),
    day("2026-01-02", "-5.10", "0.20", "0.00", "-4.90"),
]


def test_days_open_with_the_first_close_with_the_last_and_add_up():
    sums = Sums.of(DAYS)
    assert (sums.opening, sums.credits, sums.debits, sums.net, sums.closing, sums.entry_count) == (
        *map(Decimal, ("10.00", "5.20", "20.10", "-14.90", "-4.90")),
        4,
    )


def test_months_are_parts_of_a_year():
    december, january = by_month(DAYS)
    assert (december.closing, january.opening, january.net) == tuple(map(Decimal, ("15.00", "15.00", "-19.90")))
    assert (january.first.isoformat(), january.last.isoformat()) == ("2026-01-01", "2026-01-02")


def test_sums_beyond_64_bits_are_exact():
    sums = Sums.of([day("2026-01-01", "0.00", BEYOND_64_BITS, "0.01", BEYOND_64_BITS) for _ in range(3)])
    assert str(sums.credits) == "276701161105643274239.97"
    assert str(sums.net) == "276701161105643274239.94"
    assert write_money(sums.net, "BRL", PORTUGUESE) == "R$\xa0276.701.161.105.643.274.239,94"


@pytest.mark.parametrize(
    ("amounts", "currency", "written"),
    [(("1500", "30"), "JPY", "JP¥\xa01.530"), (("1.005", "0.250"), "KWD", "KWD\xa01,255")],
)
def test_each_currency_keeps_its_decimals(amounts, currency, written):
    sums = Sums.of([day("2026-01-01", amounts[0], amount, amounts[0], amount) for amount in amounts])
    assert write_money(sums.credits, currency, PORTUGUESE) == written


@pytest.mark.parametrize(
    ("now", "before", "difference", "share"),
    [
        ("112.50", "100.00", "12.50", "+12,5%"),
        ("100.00", "300.00", "-200.00", "-66,7%"),
        ("50.00", "-100.00", "150.00", "+150,0%"),
        ("-150.00", "-100.00", "-50.00", "-50,0%"),
        ("100.05", "100.00", "0.05", "+0,1%"),  # halves away from zero
        ("99.95", "100.00", "-0.05", "-0,1%"),
        ("12346.00", "1.00", "12345.00", "+1.234.500,0%"),
    ],
)
def test_a_change_is_told_in_money_and_per_cent(now, before, difference, share):
    change = Change(Decimal(now), Decimal(before))
    assert change.difference == Decimal(difference)
    assert write_per_cent(change.share, PORTUGUESE, is_change=True) == share


def test_nothing_is_no_base_of_per_cents():
    assert Change(Decimal("10.00"), Decimal("0.00")).share is None


def test_those_with_most_money_out_come_first_then_those_with_most_in():
    categories = by_category(
        [
            item("2026-01", "Vendas", "900.00", "0.00"),
            item("2026-01", None, "0.00", "30.00"),
            item("2026-01", "Aluguel", "0.00", "40.00"),
            item("2026-02", "Aluguel", "10.00", "50.00", 2),
            item("2026-02", "Juros", "1000.00", "0.00"),
        ]
    )
    assert [category.name for category in categories] == ["Aluguel", None, "Juros", "Vendas"]
    rent = categories[0]
    assert (rent.debits, rent.credits, rent.entry_count) == (Decimal("90.00"), Decimal("10.00"), 3)
    assert write_per_cent(rent.share, ENGLISH) == "75.0%"
    assert rent.months == {"2026-01-01": Decimal("-40.00"), "2026-02-01": Decimal("-40.00")}


def test_where_nothing_went_out_there_are_no_shares():
    assert [category.share for category in by_category([item("2026-01", "Vendas", "1.00", "0.00")])] == [None]
    assert by_category([]) == []
