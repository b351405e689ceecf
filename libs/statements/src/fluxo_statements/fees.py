"""A row of a report of card sales in both ways: its net as one line, or its gross and its fee as two."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fluxo_statements.model import Item, StatementLine


class BothWays(NamedTuple):
    item: Item
    """What the row is as one line; or whatever else the file says."""
    apart: tuple[StatementLine, ...] = ()
    """Gross and fee, where they are not the same as one line."""


def in_both_ways(items: Iterable[Item]) -> Iterator[BothWays]:
    """Yield a sheet's items, which were read with fees apart: gross and fee of a row follow each other."""
    gross: StatementLine | None = None
    for item in items:
        if isinstance(item, StatementLine) and gross is not None and item.place == gross.place:
            net_minor = gross.amount_minor + item.amount_minor
            yield BothWays(gross._replace(amount_minor=net_minor, balance_minor=item.balance_minor), (gross, item))
            gross = None
            continue
        if gross is not None:
            yield BothWays(gross)
        gross = item if isinstance(item, StatementLine) else None
        if gross is None:
            yield BothWays(item)
    if gross is not None:
        yield BothWays(gross)
