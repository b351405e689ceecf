"""The options that choose entries, for every command that reads many."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from fluxo_cli.options import parse_date


class Direction(StrEnum):
    CREDIT = "credit"
    DEBIT = "debit"


First = Annotated[date | None, typer.Option("--from", parser=parse_date, metavar="DATE", help="First day.")]
Last = Annotated[date | None, typer.Option("--to", parser=parse_date, metavar="DATE", help="Last day.")]
OfDirection = Annotated[Direction | None, typer.Option("--direction", help="Only money in, or only money out.")]
Category = Annotated[str | None, typer.Option("--category", help="Only this category.")]
Search = Annotated[str | None, typer.Option("--search", "--q", help="Only descriptions with words that begin so.")]


def chosen(
    first: date | None, last: date | None, direction: Direction | None, category: str | None, search: str | None
) -> dict[str, str | None]:
    """Return the query that asks the API for them."""
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "direction": direction,
        "category": category,
        "q": search,
    }
