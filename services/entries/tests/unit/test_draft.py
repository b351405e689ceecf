"""The one rule set, and the models that describe it to clients: they say the same of everything."""

from fluxo_chassis.http.validation import validation_problem
from fluxo_entries.application.recording.record_entries_in_bulk import BulkItem
from fluxo_entries.domain.draft import DRAFT_RULES, Draft, parse_draft
from fluxo_entries.domain.errors import RejectedFieldsError
from fluxo_entries.entrypoints.http.bodies import BulkEntry, NewEntry, parse_item
from fluxo_entries.entrypoints.http.problems import problem_of
from hypothesis import example, given
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
            "credit", "debit", "Credit", "0", "0.00", "1", "1.5", "01", "1.005", "1.00001", "999999999999.99",
            "1000000000000", "0.0001", "1.00\n", "2024-02-29", "2026-02-29", "1899-12-31", "2026-11-22\n", "BRL",
            "USD", "XXX", "brl", "", " ", " x ", "e\u0301", "\u0344" * 100, "\ud800", "a\x00b", "a\u2028b", "x" * 60,
            "x" * 61, "x" * 200, "x" * 201, "x" * 255, "x" * 256, "key with blanks", " key", "chave-é", None, True, 0,
            1, 1.5, [], ["credit"], {},
        ]
    )
    | st.text(max_size=4)
    | st.decimals(min_value=0, max_value=100, places=2).map(str)
    | st.dates().map(str)
)  # fmt: skip

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each, max_size=2)
)


def judged(item):
    """What becomes of an item: itself, or all that is wrong with it as a client reads it."""
    try:
        return parse_item(item)
    except RejectedFieldsError as error:
        return problem_of(error).errors


def as_described(item):
    """The same by the model, which serves the documentation alone."""
    try:
        entry = BulkEntry.model_validate(item)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        return validation_problem([{**each, "loc": ("body", *each["loc"])} for each in errors]).errors
    values = dict(entry)
    return BulkItem(values.pop("idempotency_key"), Draft(**values))


@given(
    st.dictionaries(st.sampled_from([*BulkEntry.model_fields, "extra", "a/b~c"]), CLOSE, max_size=4),
    st.sets(st.sampled_from(sorted(GOOD)), max_size=2),
)
def test_what_is_right_and_what_is_wrong_is_as_it_is_described(changes, missing):
    item = {name: value for name, value in (GOOD | changes).items() if name not in missing}
    assert judged(item) == as_described(item)


@example("direction", "\ud800")
@given(st.sampled_from(sorted(BulkEntry.model_fields)), CLOSE | ANYTHING)
def test_one_field_at_a_time(field, value):
    item = GOOD | {field: value}
    assert judged(item) == as_described(item)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), ANYTHING, max_size=2))
def test_whatever_else_is_sent_is_named(item):
    assert judged(item) == as_described(item)


def test_an_entry_alone_is_held_against_the_same_rules():
    assert list(DRAFT_RULES) == list(NewEntry.model_fields)
    alone = {name: value for name, value in GOOD.items() if name != "idempotency_key"}
    assert parse_draft(alone) == parse_item(GOOD).draft
