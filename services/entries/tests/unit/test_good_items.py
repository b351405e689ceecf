import json

import pytest
from fluxo_entries.entrypoints.http.bodies import BulkEntry
from fluxo_entries.entrypoints.http.good_items import good_item
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

GOOD = {
    "idempotency_key": "till-3-0001",
    "direction": "credit",
    "amount": "150.00",
    "business_date": "2026-11-22",
    "description": "Venda balcão",
    "category": "vendas",
}

CLOSE = (
    st.sampled_from(
        [
            "credit", "debit", "Credit", "0", "0.00", "1", "1.5", "01", "1.005", "999999999999.99", "1000000000000",
            "1.00\n", "2024-02-29", "2026-02-29", "1899-12-31", "2026-11-22\n", "BRL", "USD", "XXX", "brl", "", " ",
            " x ", "e\u0301", "\u0344" * 100, "\ud800", "a\x00b", "a\u2028b", "x" * 60, "x" * 61, "x" * 200, "x" * 201,
            "x" * 255, "x" * 256, "key with blanks", " key", "chave-é", None, True, 0, 1, 1.5, [], ["credit"], {},
        ]
    )
    | st.text(max_size=4)
    | st.decimals(min_value=0, max_value=100, places=2).map(str)
    | st.dates().map(str)
)  # fmt: skip

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each, max_size=2)
)


def as_pydantic_has_it(item):
    try:
        return BulkEntry.model_validate(item).item()
    except ValidationError:
        return None


@given(
    st.dictionaries(st.sampled_from([*BulkEntry.model_fields, "extra"]), CLOSE, max_size=3),
    st.sets(st.sampled_from(sorted(GOOD)), max_size=1),
)
def test_what_is_good_and_what_becomes_of_it_is_the_same_both_ways(changes, missing):
    item = {name: value for name, value in (GOOD | changes).items() if name not in missing}
    assert good_item(item) == as_pydantic_has_it(item)


@given(st.sampled_from(sorted(BulkEntry.model_fields)), CLOSE)
def test_one_field_at_a_time(field, value):
    item = GOOD | {field: value}
    assert good_item(item) == as_pydantic_has_it(item)


@given(ANYTHING | st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2))
def test_what_is_no_entry_at_all_is_not_taken(item):
    assert good_item(item) is None
    assert as_pydantic_has_it(item) is None


@pytest.mark.parametrize("item", [GOOD, GOOD | {"category": None, "business_date": None, "currency": "BRL"}])
def test_a_good_item_goes_the_fast_path(item):
    assert good_item(json.loads(json.dumps(item))) == BulkEntry.model_validate(item).item()
