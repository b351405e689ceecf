from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.entry import record, reverse
from fluxo_entries.domain.errors import RejectedFieldsError, ReversalBeforeOriginalError, ReversalOfReversalError
from fluxo_entries.domain.merchant import Merchant

PADARIA = Merchant("padaria", "Padaria Sol")
ID, OTHER_ID = UUID(int=1), UUID(int=2)
NIGHT = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)
"""Still the 22nd in São Paulo, already the 23rd in UTC."""


def draft(**changes) -> Draft:
    return Draft(**{"direction": Direction.CREDIT, "amount": Decimal("150.00"), "description": "Venda"} | changes)


def test_without_a_date_an_entry_belongs_to_today_where_the_merchant_is():
    assert record(draft(), PADARIA, ID, NIGHT).business_date == date(2026, 11, 22)


def test_a_past_date_is_welcome():
    assert record(draft(business_date=date(1900, 1, 1)), PADARIA, ID, NIGHT).business_date == date(1900, 1, 1)


def test_tomorrow_is_refused_even_when_it_is_today_in_utc():
    with pytest.raises(RejectedFieldsError) as refused:
        record(draft(business_date=date(2026, 11, 23)), PADARIA, ID, NIGHT)
    assert refused.value.fields == (("business_date", "The date is after today, 2026-11-22 in America/Sao_Paulo."),)


@pytest.mark.parametrize(("currency", "amount_minor"), [("JPY", 1500), ("CLP", 1500), ("KWD", 1_500_000)])
def test_minor_units_are_the_currencys(currency, amount_minor):
    merchant = replace(PADARIA, currency=currency)
    assert record(draft(amount=Decimal(1500)), merchant, ID, NIGHT).amount_minor == amount_minor


def test_an_amount_with_more_decimals_than_the_currency_is_refused_with_all_that_is_wrong():
    with pytest.raises(RejectedFieldsError) as refused:
        record(
            draft(amount=Decimal("1.0"), business_date=date(2030, 1, 1)), replace(PADARIA, currency="PYG"), ID, NIGHT
        )
    assert [field for field, _ in refused.value.fields] == ["amount", "business_date"]


def test_an_amount_in_another_currency_is_not_held_against_the_merchants_decimals():
    with pytest.raises(RejectedFieldsError) as refused:
        record(draft(amount=Decimal("1.0"), currency="USD"), replace(PADARIA, currency="PYG"), ID, NIGHT)
    assert refused.value.fields == (("currency", "Your entries are in PYG."),)


def test_an_entry_is_in_the_merchants_currency_named_or_not():
    assert record(draft(), PADARIA, ID, NIGHT).currency == "BRL"
    assert record(draft(currency="BRL"), PADARIA, ID, NIGHT).currency == "BRL"


def test_every_field_that_breaks_a_rule_is_named_at_once():
    with pytest.raises(RejectedFieldsError) as refused:
        record(draft(currency="USD", business_date=date(2030, 1, 1)), PADARIA, ID, NIGHT)
    assert [field for field, _ in refused.value.fields] == ["currency", "business_date"]


def test_a_reversal_mirrors_its_original_on_its_date():
    sale = record(draft(category="vendas", business_date=date(2026, 11, 1)), PADARIA, ID, NIGHT)
    undone = reverse(sale, "Digitado errado", None, PADARIA, OTHER_ID, NIGHT)
    assert (undone.direction, undone.amount_minor, undone.currency) == (Direction.DEBIT, 15000, "BRL")
    assert (undone.business_date, undone.category) == (date(2026, 11, 1), "vendas")
    assert (undone.description, undone.reverses) == ("Digitado errado", ID)


def test_a_reversal_may_be_dated_from_its_original_up_to_today():
    sale = record(draft(business_date=date(2026, 11, 1)), PADARIA, ID, NIGHT)
    for day in (date(2026, 11, 1), date(2026, 11, 22)):
        assert reverse(sale, "x", day, PADARIA, OTHER_ID, NIGHT).business_date == day
    with pytest.raises(ReversalBeforeOriginalError, match="2026-11-01"):
        reverse(sale, "x", date(2026, 10, 31), PADARIA, OTHER_ID, NIGHT)
    with pytest.raises(RejectedFieldsError, match="after today"):
        reverse(sale, "x", date(2026, 11, 23), PADARIA, OTHER_ID, NIGHT)


def test_a_reversal_may_have_its_originals_date_though_a_new_time_zone_puts_today_before_it():
    sale = record(draft(), Merchant("ilha", "Ilha", time_zone="Pacific/Kiritimati"), ID, NIGHT)
    moved = Merchant("ilha", "Ilha", time_zone="Pacific/Pago_Pago")
    assert moved.today(NIGHT) < sale.business_date == date(2026, 11, 23)
    for day in (None, date(2026, 11, 23)):
        assert reverse(sale, "x", day, moved, OTHER_ID, NIGHT).business_date == date(2026, 11, 23)
    with pytest.raises(ReversalBeforeOriginalError):
        reverse(sale, "x", date(2026, 11, 22), moved, OTHER_ID, NIGHT)
    with pytest.raises(RejectedFieldsError, match="after today"):
        reverse(sale, "x", date(2026, 11, 24), moved, OTHER_ID, NIGHT)


def test_a_reversal_is_never_reversed():
    sale = record(draft(), PADARIA, ID, NIGHT)
    undone = reverse(sale, "x", None, PADARIA, OTHER_ID, NIGHT)
    with pytest.raises(ReversalOfReversalError):
        reverse(undone, "y", None, PADARIA, UUID(int=3), NIGHT)
