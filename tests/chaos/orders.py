"""What writers ask for: single entries, bulks, reversals, back-dated ones, repetitions, and what must be refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from ledger import Draft, Json, Ledger, Order

DAYS_BACK: Final = 400
BULK_MAX: Final = 20
LARGE_BULK: Final = 1_200
"""More than a relay publishes at a time: one transaction in several steps."""

INVALID: Final = frozenset({422})
ALREADY_REVERSED: Final = frozenset({409})


def newest_day() -> date:
    """Return a day that is past or present in every time zone west of Greenwich too."""
    return datetime.now(UTC).date() - timedelta(days=1)


class Orders:
    """An endless series of orders of one writer; `writer` makes its keys its own."""

    def __init__(self, writer: str, ledger: Ledger, rng: Random) -> None:
        self._writer = writer
        self._ledger = ledger
        self._rng = rng
        self._count = 0
        self._single: list[Order] = []
        self._reversed: list[Order] = []

    def __iter__(self) -> Iterator[Order]:
        kinds = {
            self.one: 64,
            self._atomic: 5,
            self._partial: 5,
            self._large: 0.3,
            self._reversal: 9,
            self._again: 8,
            self._second_reversal: 2,
            self._future: 3,
            self._reused_key: 4,
        }
        while True:
            (kind,) = self._rng.choices(list(kinds), list(kinds.values()))
            yield kind() or self.one()

    def one(self) -> Order:
        draft = self._draft()
        order = Order("/v1/entries", _body(draft), (draft,), draft.key)
        self._single.append(order)
        return order

    def _atomic(self) -> Order:
        return self._bulk("atomic", [self._draft() for _ in range(self._rng.randint(1, BULK_MAX))])

    def _partial(self) -> Order:
        """Make a partial bulk, one of whose items may be invalid."""
        order = self._bulk("partial", [self._draft() for _ in range(self._rng.randint(1, BULK_MAX))])
        spoilt = self._rng.choice(order.body["entries"])
        if self._rng.random() < 0.5:
            spoilt["amount"] = "0.00"
            return replace(order, refusals=INVALID)
        return order

    def _large(self) -> Order:
        return self._bulk("atomic", [self._draft() for _ in range(LARGE_BULK)])

    def _bulk(self, mode: str, drafts: list[Draft]) -> Order:
        items = [_body(draft) | {"idempotency_key": draft.key} for draft in drafts]
        return Order("/v1/entries/bulk", {"mode": mode, "entries": items}, tuple(drafts))

    def _reversal(self) -> Order | None:
        """Reverse an acknowledged single entry, once."""
        candidates = [order for order in self._single if order.drafts[0].key in self._ledger.acknowledged]
        if not candidates:
            return None
        chosen = self._rng.choice(candidates)
        self._single.remove(chosen)
        order = self._reverse(chosen)
        self._reversed.append(chosen)
        return order

    def _reverse(self, order: Order, refusals: frozenset[int] = frozenset()) -> Order:
        entry = self._ledger.acknowledged[order.drafts[0].key]
        draft = Draft(
            self._next_key(),
            "debit" if entry["direction"] == "credit" else "credit",
            entry["amount"],
            entry["business_date"],
            reverses=entry["id"],
        )
        path = f"/v1/entries/{entry['id']}/reversal"
        return Order(path, {"reason": f"Engano {draft.key}"}, (draft,), draft.key, refusals)

    def _again(self) -> Order | None:
        """Repeat an acknowledged order under its own key."""
        return self._acknowledged_single()

    def _second_reversal(self) -> Order | None:
        """Reverse once more what was reversed, under a new key: it must be refused, unless the first one never came."""
        acknowledged = self._ledger.acknowledged
        done = {draft.reverses for key, draft in self._ledger.drafts.items() if key in acknowledged}
        twice = [o for o in self._reversed if acknowledged.get(o.drafts[0].key, {}).get("id") in done - {None}]
        return self._reverse(self._rng.choice(twice), ALREADY_REVERSED) if twice else None

    def _future(self) -> Order:
        draft = replace(self._draft(), business_date=(newest_day() + timedelta(days=30)).isoformat())
        return Order("/v1/entries", _body(draft), (draft,), draft.key, INVALID)

    def _reused_key(self) -> Order | None:
        """Ask for something else under a key that is taken."""
        known = self._acknowledged_single()
        if known is None:
            return None
        return replace(known, body=known.body | {"amount": "1000.01"}, drafts=(), refusals=INVALID)

    def _acknowledged_single(self) -> Order | None:
        candidates = [order for order in self._single[-50:] if order.drafts[0].key in self._ledger.acknowledged]
        return self._rng.choice(candidates) if candidates else None

    def _draft(self) -> Draft:
        back = 0 if self._rng.random() < 0.6 else self._rng.randint(1, DAYS_BACK)
        minor = self._rng.randint(1, 99_999)
        return Draft(
            self._next_key(),
            self._rng.choice(["credit", "debit"]),
            f"{minor // 100}.{minor % 100:02d}",
            (newest_day() - timedelta(days=back)).isoformat(),
        )

    def _next_key(self) -> str:
        self._count += 1
        return f"{self._writer}-{self._count:06d}"


def _body(draft: Draft) -> Json:
    return {
        "direction": draft.direction,
        "amount": draft.amount,
        "business_date": draft.business_date,
        "description": f"Venda {draft.key}",
    }
