from dataclasses import replace
from datetime import date, timedelta

from fluxo_cli.operations.reconciliation import (
    WRONG_DAYS_MAX,
    Comparison,
    ConsolidatedDay,
    Difference,
    RecordedDay,
    Window,
    compare,
)
from hypothesis import given
from hypothesis import strategies as st

MONDAY = date(2026, 11, 16)
TUESDAY = MONDAY + timedelta(1)

# "a" < "a!" < "aé" and upper case before lower case: code-point order, as both databases sort.
merchants = st.sampled_from(["A", "a", "a!", "aé", "b", "\U0001f600"])
days = st.dates(date(2026, 1, 1), date(2026, 1, 20))
totals = st.tuples(st.integers(0, 10**14), st.integers(0, 10**14), st.integers(1, 1000))
ledgers = st.dictionaries(st.tuples(merchants, days), totals, max_size=40)


def recorded(ledger):
    return [RecordedDay(*key, *ledger[key]) for key in sorted(ledger)]


def consolidated(ledger):
    """What a right projection holds, straight from the definition: opening = sum of all earlier days."""
    result = []
    for merchant, day in sorted(ledger):
        earlier = [t for (m, d), t in ledger.items() if m == merchant and d < day]
        opening = sum(c - d for c, d, _ in earlier)
        credits_minor, debits_minor, count = ledger[merchant, day]
        closing = opening + credits_minor - debits_minor
        result.append(ConsolidatedDay(merchant, day, credits_minor, debits_minor, count, opening, closing))
    return result


def test_figures_are_in_the_currency_of_the_merchants_entries():
    recorded_days = [RecordedDay("a", MONDAY, 500, 0, 1, currency="JPY"), RecordedDay("b", MONDAY, 1, 0, 1)]
    phantom = ConsolidatedDay("a", TUESDAY, 1, 0, 1, 500, 501)
    assert compare(recorded_days, [phantom]).currencies == {"a": "JPY", "b": "BRL"}


@given(ledgers)
def test_a_right_projection_agrees_on_every_day(ledger):
    comparison = compare(iter(recorded(ledger)), iter(consolidated(ledger)))
    assert comparison == Comparison(merchants=len({m for m, _ in ledger}), days=len(ledger))


@given(st.data())
def test_a_figure_changed_anywhere_is_found_and_named_alone(data):
    ledger = data.draw(ledgers.filter(bool))
    balances = consolidated(ledger)
    index = data.draw(st.integers(0, len(balances) - 1))
    figure = data.draw(
        st.sampled_from(["credits_minor", "debits_minor", "entry_count", "opening_minor", "closing_minor"])
    )
    expected = getattr(balances[index], figure)
    balances[index] = replace(balances[index], **{figure: expected + 1})
    comparison = compare(recorded(ledger), balances)
    assert comparison.wrong == {balances[index].key: (Difference(figure, expected, expected + 1),)}


@given(st.data())
def test_an_entry_that_was_never_applied_shows_on_its_day_and_on_every_later_one(data):
    ledger = data.draw(ledgers.filter(bool))
    merchant, day = data.draw(st.sampled_from(sorted(ledger)))
    credits_minor, debits_minor, count = ledger[merchant, day]
    with_more = ledger | {(merchant, day): (credits_minor + 5, debits_minor, count + 1)}
    wrong = compare(recorded(with_more), consolidated(ledger)).wrong
    assert set(wrong) == {(m, d) for m, d in ledger if m == merchant and d >= day}


@given(ledgers, days, days)
def test_a_window_leaves_out_days_but_never_what_they_carry(ledger, first, last):
    comparison = compare(recorded(ledger), consolidated(ledger), Window(first, last))
    assert not comparison.wrong
    assert comparison.days == sum(first <= day <= last for _, day in ledger)


def test_a_day_that_the_balances_lack_counts_as_zero():
    wrong = compare([RecordedDay("a", MONDAY, 500, 0, 1)], []).wrong
    assert wrong == {("a", MONDAY): (Difference("credits_minor", 500, 0), Difference("entry_count", 1, 0))}


def test_a_day_that_only_the_balances_have_is_wrong_unless_it_is_empty():
    empty = ConsolidatedDay("a", MONDAY, 0, 0, 0, 0, 0)
    assert not compare([], [empty]).wrong
    assert set(compare([], [replace(empty, debits_minor=5, closing_minor=-5)]).wrong) == {("a", MONDAY)}


def test_another_merchants_money_never_carries_over():
    entries = [RecordedDay("a", MONDAY, 500, 0, 1), RecordedDay("b", TUESDAY, 100, 0, 1)]
    right = [ConsolidatedDay("a", MONDAY, 500, 0, 1, 0, 500), ConsolidatedDay("b", TUESDAY, 100, 0, 1, 0, 100)]
    assert not compare(entries, right).wrong


def test_only_what_is_needed_to_name_a_thousand_wrong_days_is_read():
    read = 0

    def without_end():
        nonlocal read
        for offset in range(3 * WRONG_DAYS_MAX):
            read += 1
            yield RecordedDay("a", date(2000, 1, 1) + timedelta(offset), 1, 0, 1)

    comparison = compare(without_end(), [])
    assert not comparison.complete
    assert len(comparison.wrong) == WRONG_DAYS_MAX
    assert read <= WRONG_DAYS_MAX + 2


def test_only_a_day_that_differs_again_stays_wrong():
    monday, tuesday = [RecordedDay("a", MONDAY, 1, 0, 1)], [RecordedDay("a", TUESDAY, 1, 0, 1)]
    earlier = compare(monday, [])
    assert not compare(tuesday, []).still_wrong_after(earlier).wrong
    assert set(compare(monday + tuesday, []).still_wrong_after(earlier).wrong) == {("a", MONDAY)}


def test_after_a_comparison_that_ended_early_nothing_is_left_out():
    earlier = Comparison(complete=False)
    assert compare([RecordedDay("a", MONDAY, 1, 0, 1)], []).still_wrong_after(earlier).wrong


def test_a_day_whose_entries_became_more_between_two_comparisons_is_moving():
    earlier = compare([RecordedDay("a", MONDAY, 1, 0, 1), RecordedDay("b", MONDAY, 1, 0, 1)], [])
    now = compare([RecordedDay("a", MONDAY, 2, 0, 2), RecordedDay("b", MONDAY, 1, 0, 1)], []).still_wrong_after(earlier)
    assert set(now.wrong) == {("a", MONDAY), ("b", MONDAY)}
    assert now.moving == {("a", MONDAY)}
