"""The fast path for the good items of a bulk: the fields' own rules, called directly.

It never says what is wrong with an item: whatever it does not take is for `BulkEntry`, which names every bad field.
"""

from functools import lru_cache
from typing import Any, Final

from fluxo_entries.application.record_entries_in_bulk import BulkItem
from fluxo_entries.domain.business_date import parse_business_date
from fluxo_entries.domain.entry import Direction, Draft
from fluxo_entries.domain.merchant import known_currency
from fluxo_entries.domain.money import parse_amount
from fluxo_entries.domain.text import CATEGORY_LENGTH_MAX, DESCRIPTION_LENGTH_MAX, optional_text, required_text
from fluxo_entries.entrypoints.http.bodies import BulkEntry
from fluxo_entries.entrypoints.http.parameters import parse_bare_key

_FIELDS: Final = frozenset(BulkEntry.model_fields)
_DIRECTIONS: Final = {direction.value: direction for direction in Direction}

# Many items share a few of them.
_day: Final = lru_cache(maxsize=4_096)(parse_business_date)
_category: Final = lru_cache(maxsize=1_024)(optional_text)


def good_item(item: Any) -> BulkItem | None:
    """Return what `BulkEntry` makes of an item as a JSON parser gives it; None when it would refuse it."""
    try:
        if not item.keys() <= _FIELDS:
            return None
        day, category, currency = item.get("business_date"), item.get("category"), item.get("currency")
        return BulkItem(
            parse_bare_key(item["idempotency_key"]),
            Draft(
                _DIRECTIONS[item["direction"]],
                parse_amount(item["amount"]),
                required_text(item["description"], DESCRIPTION_LENGTH_MAX),
                None if category is None else _category(category, CATEGORY_LENGTH_MAX),
                None if currency is None else known_currency(currency),
                None if day is None else _day(day),
            ),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        # Another type than the rule takes, a missing field, or a rule that is not kept.
        return None
