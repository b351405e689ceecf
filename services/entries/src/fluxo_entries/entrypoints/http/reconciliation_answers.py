"""What callers get of a statement that was held against the books."""

from typing import Annotated

from fluxo_contracts.currencies import money_in
from pydantic import Field
from typing_extensions import TypedDict

from fluxo_entries.application.cooperative import yielding
from fluxo_entries.application.importing.reconcile_statement import Balances, Reconciliation
from fluxo_entries.domain.reconciliation import DaySums, DifferingDay, signed
from fluxo_entries.domain.statement_line import StatementLine
from fluxo_entries.entrypoints.http.import_answers import Balance


class BalancesAnswer(TypedDict):
    """A balance by the statement, where it has one, and by the books."""

    statement: Balance | None
    books: Balance
    difference: Annotated[Balance | None, Field(description="The statement's less the books'.")]


class SumsAnswer(TypedDict):
    """What came in and went out in a day."""

    credits: Balance
    debits: Balance


class LineWithoutEntryAnswer(TypedDict):
    """A line of the statement that no entry of its day and amount stands beside."""

    place: str
    amount: Annotated[Balance, Field(description="With a minus for what went out.")]
    description: str


class EntryWithoutLineAnswer(TypedDict):
    """An entry that no line of its day and amount stands beside."""

    id: str
    amount: Annotated[Balance, Field(description="With a minus for what went out.")]
    description: str


class DifferingDayAnswer(TypedDict):
    """A day that differs."""

    date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    statement: SumsAnswer
    books: SumsAnswer
    difference: Annotated[Balance, Field(description="The statement's net less the books'.")]
    lines_without_entry: list[LineWithoutEntryAnswer]
    entries_without_line: list[EntryWithoutLineAnswer]


class UnreadableLineAnswer(TypedDict):
    """A line that was meant to be money and could not be read."""

    place: str
    reason: str


# `from` is a word of Python's.
ReconciliationAnswer = TypedDict(
    "ReconciliationAnswer",
    {
        "agrees": bool,
        "format": Annotated[str | None, Field(examples=["OFX"])],
        "currency": Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["BRL"])],
        "from": Annotated[str, Field(json_schema_extra={"format": "date"})],
        "to": Annotated[str, Field(json_schema_extra={"format": "date"})],
        "line_count": int,
        "opening_balance": BalancesAnswer,
        "closing_balance": BalancesAnswer,
        "days": Annotated[list[DifferingDayAnswer], Field(description="Those that differ, the earliest first.")],
        "is_complete": Annotated[bool, Field(description="False where more days differ than are named.")],
        "unreadable": Annotated[list[UnreadableLineAnswer], Field(description="The first hundred.")],
        "guessed": Annotated[list[str], Field(description="What the file leaves open, and was concluded.")],
    },
)


async def reconciliation_answer(of: Reconciliation) -> ReconciliationAnswer:
    money = money_in(of.currency)

    def balances(each: Balances) -> BalancesAnswer:
        said, books = each
        return {
            "statement": None if said is None else money(said),
            "books": money(books),
            "difference": None if said is None else money(said - books),
        }

    def sums(each: DaySums) -> SumsAnswer:
        return {"credits": money(each.credits_minor), "debits": money(each.debits_minor)}

    def line(each: StatementLine) -> LineWithoutEntryAnswer:
        return {"place": each.place[1], "amount": money(each.amount_minor), "description": each.described()}

    def day(each: DifferingDay) -> DifferingDayAnswer:
        return {
            "date": each.day.isoformat(),
            "statement": sums(each.statement),
            "books": sums(each.books),
            "difference": money(each.statement.net_minor - each.books.net_minor),
            "lines_without_entry": [line(each) for each in each.lines],
            "entries_without_line": [
                {"id": str(entry.id), "amount": money(signed(entry)), "description": entry.description}
                for entry in each.entries
            ],
        }

    return {
        "agrees": of.agrees,
        "format": of.format,
        "currency": of.currency,
        "from": of.first.isoformat(),
        "to": of.last.isoformat(),
        "line_count": of.line_count,
        "opening_balance": balances(of.opening),
        "closing_balance": balances(of.closing),
        "days": [day(each) async for each in yielding(of.days)],
        "is_complete": of.is_complete,
        "unreadable": [{"place": each.place[1], "reason": each.reason} for each in of.unreadable],
        "guessed": list(of.guessed),
    }
