from datetime import date
from decimal import Decimal

import pytest
from fluxo_entries.application.recording.idempotency import draft_hash, request_hash
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio

DRAFTS = st.builds(
    Draft,
    direction=st.sampled_from(Direction),
    amount=st.decimals("0.01", "999999999999.99", places=2),
    description=st.text(),
    category=st.none() | st.text(),
    currency=st.none() | st.text(),
    business_date=st.none() | st.dates(),
)


@given(DRAFTS)
def test_the_hash_of_a_draft_is_that_of_its_fields(draft):
    assert draft_hash(draft) == request_hash(
        "record entry",
        {
            "direction": draft.direction,
            "amount_minor": int(draft.amount * 100),
            "description": draft.description,
            "category": draft.category,
            "currency": draft.currency,
            "business_date": None if draft.business_date is None else draft.business_date.isoformat(),
        },
    )


def test_hashes_that_are_stored_stay_right():
    bare = Draft(Direction.DEBIT, Decimal("0.01"), 'Pão "francês"')
    full = Draft(Direction.CREDIT, Decimal(150), "Venda 🧁", "vendas", "BRL", date(2026, 11, 22))
    assert draft_hash(bare).hex() == "4fd041e7b7acfcc08504e806aa86a75be5cc91e4ea9f0554944c060b841cba46"
    assert draft_hash(full).hex() == "caffdb3cce952337a6698cae6b032fa364ca233994257b42cec2011fd4a47327"


def test_an_amount_counts_by_its_value_however_many_decimals_it_has():
    def hash_of(amount):
        return draft_hash(Draft(Direction.CREDIT, Decimal(amount), "Venda"))

    assert hash_of("1500") == hash_of("1500.000") == hash_of("1.5E3")
    assert len({hash_of(amount) for amount in ("1.234", "1.2345", "1.23", "123.4", "0.0001", "1234")}) == 6


@pytest.mark.parametrize(
    ("reason", "day", "stored"),
    [
        ("Errado", None, "999d693ef638932b962b64bbdf365bd1ac374d7b190cf50e01add228a4f6fee5"),
        ('Valor "errado" 🧁', date(2026, 11, 22), "2cf8985f539138ef6cc6d8653012ce8b93c5e6266075f60069538a07493ee975"),
    ],
)
async def test_the_hash_of_a_reversal_that_is_stored_stays_right(service, reason, day, stored):
    draft = Draft(Direction.CREDIT, Decimal(1), "Venda", business_date=date(2026, 11, 22))
    record_entry, reverse_entry = service.use_cases.record_entry, service.use_cases.reverse_entry
    recorded = await record_entry("padaria", draft, idempotency_key="a", traceparent="")
    await reverse_entry("padaria", recorded.entry.id, reason, day, idempotency_key="b", traceparent="")
    request_hash, _ = service.memory.keys["padaria", "b"]
    assert request_hash.hex() == stored
