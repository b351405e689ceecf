"""Whatever a merchant does in whatever order, every day of the range is what a brute-force sum says."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

FIRST = date(2024, 2, 20)
LAST = date(2024, 4, 10)  # a leap February, whole months and parts of months
DAYS = st.dates(FIRST, LAST)
AMOUNTS = st.integers(1, 10**14 - 1).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")
DIRECTIONS = st.sampled_from(["credit", "debit"])


class AnyHistory(RuleBasedStateMachine):
    """Records, back-dates, reverses, replays and sends in bulk through the real services."""

    system = None
    entries = Bundle("entries")

    @initialize()
    def a_new_merchant(self):
        self.merchant = self.system.merchant()
        self.recorded = {}
        self.last_id = None

    def _keep(self, entry):
        self.recorded[entry["id"]] = entry
        self.last_id = entry["id"]

    @rule(target=entries, direction=DIRECTIONS, amount=AMOUNTS, day=DAYS)
    def record(self, direction, amount, day):
        key = str(uuid4())
        entry = self.merchant.record(direction, amount, day, key)
        self._keep(entry)
        return entry, key

    @rule(kept=entries)
    def replay(self, kept):
        entry, key = kept
        day = date.fromisoformat(entry["business_date"])
        again = self.merchant.record(entry["direction"], entry["amount"], day, key, entry["description"])
        assert again == entry

    @rule(kept=consumes(entries))
    def reverse(self, kept):
        key = str(uuid4())
        reversal = self.merchant.reverse(kept[0]["id"], key)
        self._keep(reversal)
        assert self.merchant.reverse(kept[0]["id"], key) == reversal
        refused = self.merchant.post(f"/v1/entries/{kept[0]['id']}/reversal", {"reason": "outra vez"}, str(uuid4()))
        assert refused.status_code == 409

    @rule(target=entries, drafts=st.lists(st.tuples(DIRECTIONS, AMOUNTS, DAYS), min_size=1, max_size=20))
    def record_in_bulk(self, drafts):
        items = [
            {
                "idempotency_key": str(uuid4()),
                "direction": direction,
                "amount": amount,
                "business_date": day.isoformat(),
                "description": "Lote",
            }
            for direction, amount, day in drafts
        ]
        answer = self.merchant.post("/v1/entries/bulk", {"mode": "atomic", "entries": items})
        assert answer.status_code == 201, answer.text
        for entry in answer.json()["items"]:
            self._keep(entry)
        return multiple(
            *((entry, item["idempotency_key"]) for entry, item in zip(answer.json()["items"], items, strict=True))
        )

    @rule(day=DAYS)
    def read_a_day(self, day):
        assert self.merchant.day(day, after=self.last_id) == self._expected_day(day)

    def _sum(self, direction, first, last):
        return sum(
            (
                Decimal(entry["amount"])
                for entry in self.recorded.values()
                if entry["direction"] == direction and first <= date.fromisoformat(entry["business_date"]) <= last
            ),
            Decimal("0.00"),
        )

    def _expected_day(self, day):
        before = day - timedelta(days=1)
        opening = self._sum("credit", date.min, before) - self._sum("debit", date.min, before)
        credits_, debits = self._sum("credit", day, day), self._sum("debit", day, day)
        return {
            "date": day.isoformat(),
            "currency": "BRL",
            "opening_balance": str(opening),
            "total_credits": str(credits_),
            "total_debits": str(debits),
            "net": str(credits_ - debits),
            "closing_balance": str(opening + credits_ - debits),
            "entry_count": sum(entry["business_date"] == day.isoformat() for entry in self.recorded.values()),
            "as_of": max((entry["recorded_at"] for entry in self.recorded.values()), default=None),
        }

    def teardown(self):
        if not hasattr(self, "merchant"):
            return
        first, last = FIRST - timedelta(days=1), LAST + timedelta(days=1)
        served = self.merchant.days(first, last, after=self.last_id)
        expected = [self._expected_day(first + timedelta(days=n)) for n in range((last - first).days + 1)]
        for day in expected:
            del day["as_of"], day["currency"]
        assert [{name: item[name] for name in expected[0]} for item in served["items"]] == expected
        assert served["opening_balance"] == expected[0]["opening_balance"]
        assert served["closing_balance"] == expected[-1]["closing_balance"]
        assert served["entry_count"] == len(self.recorded) == len(self.merchant.entries(limit=7))


def test_any_history_adds_up(system):
    AnyHistory.system = system
    run_state_machine_as_test(
        AnyHistory,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
