from datetime import date

from fluxo_entries.application.idempotency import draft_hash, request_hash
from fluxo_entries.domain.entry import Direction, Draft
from hypothesis import given
from hypothesis import strategies as st

DRAFTS = st.builds(
    Draft,
    direction=st.sampled_from(Direction),
    amount_minor=st.integers(min_value=1),
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
            "amount_minor": draft.amount_minor,
            "description": draft.description,
            "category": draft.category,
            "currency": draft.currency,
            "business_date": None if draft.business_date is None else draft.business_date.isoformat(),
        },
    )


def test_hashes_that_are_stored_stay_right():
    bare = Draft(Direction.DEBIT, 1, 'Pão "francês"')
    full = Draft(Direction.CREDIT, 15_000, "Venda 🧁", "vendas", "BRL", date(2026, 11, 22))
    assert draft_hash(bare).hex() == "4fd041e7b7acfcc08504e806aa86a75be5cc91e4ea9f0554944c060b841cba46"
    assert draft_hash(full).hex() == "caffdb3cce952337a6698cae6b032fa364ca233994257b42cec2011fd4a47327"
