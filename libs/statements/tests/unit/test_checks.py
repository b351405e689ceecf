"""Opening + lines = closing, and each running balance follows from the one before."""

from datetime import date
from pathlib import Path

import pytest
from fluxo_statements.checks import MOST, BalanceChecks
from fluxo_statements.model import BalanceKind, Place, StatementBalance, StatementLine, Terms, UnreadableLine
from fluxo_statements.recognise import read_statement

SAMPLES = Path(__file__).parents[1] / "samples"
FIRST = date(2026, 11, 5)


def line(minor, balance=None, day=5, account="A"):
    return StatementLine(
        Place(1, "line 1"), FIRST.replace(day=day), minor, "BRL", "", account=account, balance_minor=balance
    )


def opening(minor, day=5, account="A"):
    return StatementBalance(Place(1, "line 1"), BalanceKind.OPENING, FIRST.replace(day=day), minor, "BRL", account)


def closing(minor, day=5, account="A"):
    return opening(minor, day, account)._replace(kind=BalanceKind.CLOSING)


def differences(*items):
    checks = BalanceChecks()
    for item in items:
        checks.add(item)
    return [(each.account, each.day.day, each.expected_minor, each.found_minor) for each in checks.differences]


def test_a_closing_balance_that_the_lines_do_not_lead_to_is_a_difference():
    assert differences(opening(100), line(50), line(-20), closing(130)) == []
    assert differences(opening(100), line(50), line(-20), closing(131, day=6)) == [("A", 6, 130, 131)]


def test_each_account_and_each_period_is_checked_by_itself():
    assert differences(
        opening(100),
        line(1),
        opening(7, account="B"),
        closing(101),
        closing(8, account="B"),
        opening(500),  # what lies between two statements is no difference
        line(1),
        closing(502),
    ) == [("B", 5, 7, 8), ("A", 5, 501, 502)]


def test_a_balance_that_the_file_does_not_have_is_not_missed():
    assert differences(line(1), closing(5), line(2), closing(9), opening(1), line(1)) == []


def test_the_newest_may_come_first():
    assert differences(closing(130), line(-20), line(50), opening(100)) == []
    assert differences(closing(131), line(-20), line(50), opening(100)) == [("A", 5, 130, 131)]


def test_a_line_that_could_not_be_read_is_missing_in_the_sum():
    unreadable = UnreadableLine(Place(2, "line 2"), "Why.")
    assert differences(opening(100), line(50), unreadable, closing(155)) == [("A", 5, 150, 155)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_running_balances_follow_from_each_other_in_either_order(newest_first):
    lines = [line(10, 110, 4), line(5, 115, 4), line(-3, day=5), line(-2, 110, 5), line(1, 112, 6), line(1, 113, 6)]
    found = differences(*(reversed(lines) if newest_first else lines))
    assert [(expected, there) for _, _, expected, there in found] == ([(111, 110)] if newest_first else [(111, 112)])


def test_one_days_running_balances_say_by_themselves_which_comes_first():
    lines = [line(10, 110), line(5, 115), line(-3, 112)]
    assert differences(*lines) == []
    assert differences(*reversed(lines)) == []


def test_a_column_that_is_no_balance_fills_no_memory():
    assert len(differences(*(line(1, 7) for _ in range(3 * MOST)))) == MOST


DISAGREE = {"entries-that-cannot-be-read.xml", "lines-that-cannot-be-read.sta"}


@pytest.mark.parametrize("folder", ["camt053", "mt940"])
def test_what_is_read_of_the_samples_agrees_with_their_balances(folder):
    disagree = set()
    for path in (SAMPLES / folder).iterdir():
        if path.name.endswith(".json") or "error" in path.with_name(f"{path.name}.expected.json").read_text()[:10]:
            continue
        checks = BalanceChecks()
        for item in read_statement(path, Terms("BRL", 2)):
            checks.add(item)
        if checks.differences:
            disagree.add(path.name)
    assert disagree <= DISAGREE
