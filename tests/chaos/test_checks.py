"""The checks see what they are there to see."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from arithmetic import day_errors, range_errors
from checks import balance_errors, entry_errors, expected_days
from faults.fault import Fault
from ledger import Draft, Ledger, Order
from orders import Orders, newest_day
from report import report
from rounds import Round
from topologies import Topology

DAY = newest_day().isoformat()


def entry(number, *, key=None, amount="10.00", direction="credit"):
    return {
        "id": f"id-{number}",
        "direction": direction,
        "amount": amount,
        "business_date": DAY,
        "description": f"Venda {key or f'k-{number}'}",
        "reverses": None,
        "reversed_by": None,
        "recorded_at": "2026-01-01T00:00:00.000000Z",
    }


def draft(number):
    return Draft(f"k-{number}", "credit", "10.00", DAY)


def balances(date, *, opening="0.00", credits_="0.00", count=0, closing=None):
    return {
        "date": date,
        "opening_balance": opening,
        "total_credits": credits_,
        "total_debits": "0.00",
        "net": credits_,
        "closing_balance": closing or (opening if credits_ == "0.00" else credits_),
        "entry_count": count,
        "as_of": None,
    }


@dataclass
class Answer:
    content: dict

    def json(self):
        return self.content

    @property
    def text(self):
        return str(self.content)


@dataclass
class Merchant:
    """Answers what it was given to answer."""

    listed: list
    ledger: Ledger = field(default_factory=Ledger)
    recorded_late: list = field(default_factory=list)
    cached: dict | None = None
    is_asked: bool = False
    """Past the cache: then nothing is cached any more."""
    served: dict | None = None
    merchant_id = "m"
    rng = Random(1)

    async def entries(self):
        return list(self.listed)

    async def send(self, order, patience_s):
        for each in order.drafts:
            known = next((found for found in self.listed if found["description"].endswith(each.key)), None)
            if known is None:
                known = entry(each.key[2:])
                self.listed.append(known)
            self.ledger.acknowledge(each, known)
        return True

    async def balance(self, day=None, *, after_entry=None, **span):
        self.is_asked = self.is_asked or after_entry is not None
        if day is None:
            return Answer(self.served)
        found = next(item for item in self.served["items"] if item["date"] == day)
        is_cached = self.cached is not None and self.cached["date"] == day and not self.is_asked
        return Answer(self.cached if is_cached else found)


def acknowledged(merchant, *numbers):
    for number in numbers:
        merchant.ledger.acknowledge(draft(number), entry(number))
    return merchant


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_what_is_as_it_was_acknowledged_is_no_error():
    merchant = acknowledged(Merchant([entry(1), entry(2)]), 1, 2)
    merchant.ledger.unknown = [Order("/v1/entries", {}, (draft(3),), "k-3")]

    assert await entry_errors(merchant) == []
    assert set(merchant.ledger.acknowledged) == {"k-1", "k-2", "k-3"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        ([entry(1)], "acknowledged and gone"),
        ([entry(1), entry(2), entry(2)], "exists 2 times"),
        ([entry(1), entry(2), entry(3, key="k-2")], "exists 2 times"),
        ([entry(1), entry(2, amount="11.00")], "listed as"),
        ([entry(1), entry(2), entry(9)], "nobody knows of"),
        ([entry(1), entry(2), entry(8)], "refused and yet recorded"),
        ([entry(1), entry(7, key="k-2")], "its retry says"),
    ],
)
async def test_each_wrong_list_is_an_error(listed, complaint):
    merchant = acknowledged(Merchant(listed), 1, 2)
    merchant.ledger.refused.add("k-8")

    assert any(complaint in error for error in await entry_errors(merchant))


@pytest.mark.anyio
async def test_half_an_atomic_bulk_is_an_error():
    merchant = Merchant([entry(1)])
    merchant.ledger.unknown = [Order("/v1/entries/bulk", {"mode": "atomic"}, (draft(1), draft(2)))]

    assert any("of an atomic bulk of 2" in error for error in await entry_errors(merchant))


def test_two_answers_for_one_key_must_be_the_same():
    ledger = Ledger()
    ledger.acknowledge(draft(1), entry(1))
    ledger.acknowledge(draft(1), entry(2, key="k-1"))

    assert "later with" in ledger.complaints[0]


@pytest.mark.anyio
async def test_after_a_restore_what_was_acknowledged_since_the_backup_may_be_gone_and_nothing_else():
    merchant = acknowledged(Merchant([entry(1), entry(3)]), 1)
    backed_up = set(merchant.ledger.acknowledged)
    for number in (2, 3):
        merchant.ledger.ask(Order("/v1/entries", {}, (draft(number),), f"k-{number}"))
    acknowledged(merchant, 2, 3)
    merchant.ledger.forget_all_but(backed_up)

    assert await entry_errors(merchant) == []
    assert set(merchant.ledger.acknowledged) == {"k-1", "k-2", "k-3"}

    merchant.listed.remove(entry(1))
    merchant.ledger.forget_all_but(backed_up)
    assert any("acknowledged and gone" in error for error in await entry_errors(merchant))


def test_a_reversal_from_before_a_restore_may_find_its_original_gone_and_a_later_one_may_not():
    ledger = Ledger()
    old, new = (
        Order("/v1/entries/id-1/reversal", {}, (Draft(key, "debit", "1.00", DAY, reverses="id-1"),), key)
        for key in ("k-1", "k-2")
    )
    ledger.ask(old)
    ledger.forget_all_but(set())
    ledger.refuse(old, 404, "")
    assert ledger.complaints == []

    ledger.ask(new)
    ledger.refuse(new, 404, "")
    assert "answered 404" in ledger.complaints[0]


def test_a_key_that_may_be_gone_is_no_longer_expected_to_be_taken():
    ledger = Ledger()
    ledger.ask(Order("/v1/entries", {}, (draft(1),), "k-1"))
    ledger.acknowledge(draft(1), entry(1))
    reused = Order("/v1/entries", {}, (), "k-1", frozenset({422}))
    assert not ledger.is_moot(reused)

    ledger.forget_all_but(set())
    assert ledger.is_moot(reused)


def test_an_answer_that_is_not_what_was_asked_is_a_complaint():
    ledger = Ledger()
    ledger.acknowledge(draft(1), entry(1, amount="1.00"))

    assert "was acknowledged as" in ledger.complaints[0]


def test_a_refusal_that_nobody_asked_for_is_a_complaint():
    ledger = Ledger()
    ledger.refuse(Order("/v1/entries", {}, (draft(1),), "k-1", frozenset({422})), 422, "")
    assert ledger.complaints == []

    ledger.refuse(Order("/v1/entries", {}, (draft(2),), "k-2"), 500, "oops")
    assert "answered 500" in ledger.complaints[0]


def of_range(*items):
    head = balances("", opening=items[0]["opening_balance"], closing=items[-1]["closing_balance"])
    total = str(sum(float(item["total_credits"]) for item in items)) + "0"
    count = sum(item["entry_count"] for item in items)
    return head | {"items": list(items), "total_credits": total, "net": total, "entry_count": count}


def test_arithmetic_is_checked_within_a_day_and_from_day_to_day():
    first, second = balances("a", credits_="5.00", count=1), balances("b", opening="5.00")
    assert range_errors(of_range(first, second)) == []

    assert any("closing is not" in error for error in day_errors(first | {"closing_balance": "6.00"}))
    assert any("opens with 4.00" in error for error in range_errors(of_range(first, balances("b", opening="4.00"))))
    assert any("entry_count" in error for error in range_errors(of_range(first, second) | {"entry_count": 7}))


@pytest.mark.anyio
async def test_a_day_is_the_sum_of_its_entries_and_the_cache_says_the_same():
    merchant = acknowledged(Merchant([]), 1, 2)
    served = balances(DAY, credits_="20.00", count=2)
    days = [balances(f"0001-01-{day:02d}") for day in range(1, 21)]
    merchant.served = of_range(*days, served)
    assert expected_days(merchant.ledger.acknowledged.values())[DAY] == (20, 0, 2)
    assert await balance_errors(merchant) == []

    merchant.cached, merchant.is_asked = served | {"stale": True}, False
    assert any("past the cache" in error for error in await balance_errors(merchant))

    merchant.cached, merchant.is_asked = balances(DAY, credits_="10.00", count=1), False
    assert any("differs from the range's" in error for error in await balance_errors(merchant))
    assert not merchant.is_asked, "it is left to heal by itself"

    merchant.served = of_range(*days, balances(DAY, credits_="10.00", count=1))
    assert any("its entries make" in error for error in await balance_errors(merchant))


def test_a_fault_that_could_never_be_injected_is_named_with_its_reason():
    fault = Fault("fill-disk-streams", "disk full", None)
    rounds = [Round(number, 1, Topology.RIGGED, (fault,)) for number in (1, 2)]
    assert "was injected at least once" in report(rounds, 1, 1)

    rounds[0].missed["fill-disk-streams"] = "only root may mount"
    assert "was injected at least once" in report(rounds, 1, 1)

    rounds[1].missed["fill-disk-streams"] = "only root may mount"
    assert "**Not tried**" in report(rounds, 1, 1)
    assert "- `fill-disk-streams`: only root may mount" in report(rounds, 1, 1)


def test_a_report_says_which_round_broke_the_promise():
    rounds = [Round(7, 1, Topology.SENTINEL, (Fault("kill-primary-cache", "primary killed", None),))]
    assert "Every round ended with all of it true." in report(rounds, 1, 1)

    page = report(rounds, 1, 1, differences=["acknowledged and gone: e1"])
    assert "**Round 7, kill-primary-cache, did not**, and ended the run:\n\n    acknowledged and gone: e1\n" in page
    assert "Every round" not in page


def test_the_same_randomness_makes_the_same_orders():
    def some():
        orders = iter(Orders("w", Ledger(), Random(5)))
        return [next(orders) for _ in range(50)]

    assert some() == some()
    keys = [each.key for order in some() for each in order.drafts]
    assert len(keys) == len(set(keys))
