"""What one merchant's clients know: which requests were acknowledged, refused, or never answered."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


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
    """`acknowledged` by key, as first answered. `complaints` are answers that no fault excuses."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    acknowledged: dict[str, Json] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unknown: list[Order] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, order: Order) -> None:
        for draft in order.drafts:
            self.drafts.setdefault(draft.key, draft)

    def acknowledge(self, draft: Draft, entry: Json) -> None:
        """Keep the entry; a second answer for the same key must be the same, and either must be what was asked."""
        known = self.acknowledged.setdefault(draft.key, entry)
        if known != entry:
            self.complaints.append(f"key {draft.key} was answered with {known} and later with {entry}")
        if not draft.is_told_by(entry):
            self.complaints.append(f"{draft} was acknowledged as {entry}")

    def refuse(self, order: Order, status: int, text: str) -> None:
        if status not in order.refusals:
            self.complaints.append(f"POST {order.path} was answered {status}: {text[:300]}")
        self.refused.update(draft.key for draft in order.drafts if draft.key not in self.acknowledged)
