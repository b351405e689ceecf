"""The day of an opening balance, which banks write in two ways."""

from collections.abc import Iterator

from fluxo_statements.model import BalanceKind, Item, StatementBalance, StatementLine


def dated_by_what_follows(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each opening balance with the day of what it stands before: the first line, or else the closing.

    Some banks date it by the day that it closed, some by the first day of their period. Nothing moved between that day
    and the first line, so the first line's day is right for both. It is so where lines are in the order of their days.
    """
    opening: StatementBalance | None = None
    for item in items:
        if opening is not None:
            match item:
                case (
                    StatementLine(booked_on=day, account=opening.account)
                    | StatementBalance(kind=BalanceKind.CLOSING, day=day, account=opening.account)
                ):
                    opening = opening._replace(day=max(opening.day, day))
                case _:
                    pass
            yield opening
            opening = None
        if isinstance(item, StatementBalance) and item.kind is BalanceKind.OPENING:
            opening = item
        else:
            yield item
    if opening is not None:
        yield opening
