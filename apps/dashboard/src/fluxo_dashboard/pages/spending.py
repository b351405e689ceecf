"""Where the money went: what each category added up to, from the category totals of the balances service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fluxo_dashboard.pages.sums import add


@dataclass(frozen=True, slots=True)
class Category:
    """`name` is None for the entries without a category; `share` is its part of all money out, None of nothing.

    `months` maps the first days of months to the net of each that has entries.
    """

    name: str | None
    credits: Decimal
    debits: Decimal
    share: Decimal | None
    months: Mapping[str, Decimal]
    entry_count: int


def by_category(items: Iterable[dict[str, Any]]) -> list[Category]:
    """Return the categories of a range, those with most money out first, then those with most money in."""
    parts: dict[str | None, list[dict[str, Any]]] = {}
    for item in items:
        parts.setdefault(item["category"], []).append(item)
    out = add(Decimal(item["total_debits"]) for of_one in parts.values() for item in of_one)
    return sorted((_category(name, of_one, out) for name, of_one in parts.items()), key=_place)


def _category(name: str | None, items: list[dict[str, Any]], out: Decimal) -> Category:
    debits = add(Decimal(item["total_debits"]) for item in items)
    return Category(
        name,
        add(Decimal(item["total_credits"]) for item in items),
        debits,
        debits / out if out else None,
        {f"{item['month']}-01": Decimal(item["net"]) for item in items},
        sum(item["entry_count"] for item in items),
    )


def _place(category: Category) -> tuple[Decimal, Decimal, str]:
    return -category.debits, -category.credits, category.name or ""
