"""What one merchant's clients know: which requests were acknowledged, refused, or never answered."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

REVERSAL_LOST: Final = frozenset({404, 409})
"""After a restore the original of a reversal may be gone, or reversed by another request while this one was gone."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as it was asked for. Its key stands in its description, so that it is recognised in any list."""

    key: str
    direction: str
    amount: str
    business_date: str
    reverses: str | None = None

    def is_told_by(self, entry: Json) -> bool:
        return bool(
            entry["description"].endswith(f" {self.key}")
            and self.direction == entry["direction"]
            and self.amount == entry["amount"]
            and self.business_date == entry["business_date"]
            and self.reverses == entry["reverses"]
        )


@dataclass(frozen=True, slots=True)
class Order:
    """A request that may be sent again and again: the same body under the same key or keys.

    `refusals` are the statuses by which it may rightly be refused; nothing of a refused one may ever be recorded.
    """

    path: str
    body: Json
    drafts: tuple[Draft, ...]
    key: str | None = None
    refusals: frozenset[int] = frozenset()


@dataclass(slots=True)
class Ledger:
    """`acknowledged` by key, as last promised. `complaints` are answers that no fault excuses.

    `unknown` are orders to be sent again when all is well: their answer then says what became of them.
    """

    drafts: dict[str, Draft] = field(default_factory=dict)
    acknowledged: dict[str, Json] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unknown: list[Order] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _orders: dict[str, Order] = field(default_factory=dict)
    _older_than_restore: set[str] = field(default_factory=set)

    def ask(self, order: Order) -> None:
        for draft in order.drafts:
            self.drafts.setdefault(draft.key, draft)
            self._orders.setdefault(draft.key, order)

    def acknowledge(self, draft: Draft, entry: Json) -> None:
        """Keep the entry; a second answer for the same key must be the same, and either must be what was asked."""
        known = self.acknowledged.setdefault(draft.key, entry)
        if known != entry:
            self.complaints.append(f"key {draft.key} was answered with {known} and later with {entry}")
        if not draft.is_told_by(entry):
            self.complaints.append(f"{draft} was acknowledged as {entry}")

    def refuse(self, order: Order, status: int, text: str) -> None:
        if status not in self.refusals(order):
            self.complaints.append(f"POST {order.path} was answered {status}: {text[:300]}")
        self.refused.update(draft.key for draft in order.drafts if draft.key not in self.acknowledged)

    def refusals(self, order: Order) -> frozenset[int]:
        """Return the statuses by which an order may rightly be refused now."""
        is_of_the_past = any(draft.reverses and draft.key in self._older_than_restore for draft in order.drafts)
        return order.refusals | REVERSAL_LOST if is_of_the_past else order.refusals

    def forget_all_but(self, kept: AbstractSet[str]) -> None:
        """Take back what a restore may have undone: every acknowledgement but those of the keys that are kept.

        Such an entry may still exist or be gone with its key, so its order is as unknown as one without an answer.
        Call it while the system is stopped: then no answer from before can come in afterwards.
        """
        lost = {key: self._orders[key] for key in self.acknowledged if key not in kept}
        self.acknowledged = {key: entry for key, entry in self.acknowledged.items() if key in kept}
        self.unknown += {id(order): order for order in lost.values()}.values()
        self._older_than_restore.update(self.drafts)

    def is_moot(self, order: Order) -> bool:
        """Whether it was to be refused because its key is taken, and the key may be gone."""
        return not order.drafts and order.key not in self.acknowledged
