"""What callers get of an import."""

from typing import Annotated, Literal, cast
from uuid import UUID

from fluxo_contracts.currencies import money_in
from pydantic import Field
from typing_extensions import TypedDict

from fluxo_entries.application.importing.ports import Import, ImportLine, Total
from fluxo_entries.application.importing.statements import StatementColumns
from fluxo_entries.domain.statement_line import LineStatus
from fluxo_entries.entrypoints.http.answers import Instant, instant

Balance = Annotated[str, Field(pattern=r"^-?[0-9]+(?:\.[0-9]{2,4})?$", examples=["1234.56"])]


Origin = Literal["header", "report", "given", "remembered"]


class LinesAnswer(TypedDict):
    """Lines of one status."""

    count: int
    credits: Balance
    debits: Balance


class LinesByStatus(TypedDict):
    new: LinesAnswer
    duplicate: LinesAnswer
    possible_duplicate: LinesAnswer
    invalid: LinesAnswer


class ColumnAnswer(TypedDict):
    """A column of a sheet; `meaning` is null for one that is passed over."""

    name: str
    meaning: Annotated[str | None, Field(examples=["date"])]


class ImportAnswer(TypedDict):
    """A file, and how far it has come."""

    id: UUID
    state: Literal["parsing", "ready", "confirmed", "recording", "done", "failed"]
    reason: Annotated[str | None, Field(description="Why the file as a whole could not be read.")]
    filename: str
    account: str | None
    format: Annotated[str | None, Field(examples=["OFX"])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["BRL"])]
    columns: Annotated[
        list[ColumnAnswer] | None,
        Field(description="What the columns are taken for; null of a file that is no sheet, or until it is read."),
    ]
    columns_from: Annotated[
        Origin | None,
        Field(
            description=(
                "Who says what the columns mean: their header, the report that it is known to be, who sent the file, "
                "or who confirmed an earlier file with this header."
            )
        ),
    ]
    fees_apart: Annotated[bool, Field(description="Of card sales, gross and fee are an entry each.")]
    guessed: Annotated[list[str], Field(description="What the file leaves open, and was concluded.")]
    opening_balance: Balance | None
    closing_balance: Balance | None
    difference: Annotated[
        Balance | None,
        Field(description="Closing balance less opening balance and lines: 0 where the file is whole."),
    ]
    line_count: Annotated[int, Field(description="Lines read until now.")]
    lines: LinesByStatus
    possible_duplicates: Literal["record", "skip"] | None
    category: str | None
    line_reached: Annotated[int, Field(description="Recording has come to this line.")]
    recorded_count: int
    created_at: Instant
    confirmed_at: Instant | None


class ImportsAnswer(TypedDict):
    """Imports, newest first."""

    items: list[ImportAnswer]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last one.")]


class ImportLineAnswer(TypedDict):
    """A line; what an invalid one does not tell is null, and then `source` is what stands in the file."""

    position: int
    place: Annotated[str, Field(description="Where it stands in the file.", examples=["line 12"])]
    business_date: str | None
    direction: Literal["credit", "debit"] | None
    amount: str | None
    description: str | None
    bank_id: str | None
    account: str | None
    kind: str | None
    status: Literal["new", "duplicate", "possible_duplicate", "invalid"]
    reason: Annotated[str | None, Field(description="Why it is not simply new, in a sentence.")]
    reason_code: Annotated[
        str | None, Field(description="The same for programs: it stays the same.", examples=["entry_reversed"])
    ]
    duplicate_of: Annotated[UUID | None, Field(description="The entry that it is, or may be.")]
    entry_id: Annotated[UUID | None, Field(description="The entry that it became.")]
    source: str | None


class ImportLinesAnswer(TypedDict):
    """Lines in the order of the file."""

    items: list[ImportLineAnswer]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last one.")]


def import_answer(of: Import) -> ImportAnswer:
    money, summary, columns = money_in(of.currency), of.summary, of.summary.columns

    def balance(amount_minor: int | None) -> str | None:
        return None if amount_minor is None else money(amount_minor)

    def lines(status: LineStatus) -> LinesAnswer:
        count, credits_minor, debits_minor = of.totals.get(status, Total(0, 0, 0))
        return {"count": count, "credits": money(credits_minor), "debits": money(debits_minor)}

    return {
        "id": of.id,
        "state": of.state.value,
        "reason": of.reason,
        "filename": of.filename,
        "account": of.account,
        "format": summary.format,
        "currency": of.currency,
        "columns": None if columns is None else _columns(columns),
        "columns_from": None if columns is None else cast("Origin", columns.origin),
        "fees_apart": of.fees_apart,
        "guessed": list(summary.guessed),
        "opening_balance": balance(summary.opening_minor),
        "closing_balance": balance(summary.closing_minor),
        "difference": balance(summary.difference_minor),
        "line_count": summary.line_count,
        "lines": {
            "new": lines(LineStatus.NEW),
            "duplicate": lines(LineStatus.DUPLICATE),
            "possible_duplicate": lines(LineStatus.POSSIBLE_DUPLICATE),
            "invalid": lines(LineStatus.INVALID),
        },
        "possible_duplicates": None if of.records_possible is None else "record" if of.records_possible else "skip",
        "category": of.category,
        "line_reached": of.recorded_up_to,
        "recorded_count": of.recorded_count,
        "created_at": instant(of.created_at),
        "confirmed_at": None if of.confirmed_at is None else instant(of.confirmed_at),
    }


def _columns(columns: StatementColumns) -> list[ColumnAnswer]:
    return [{"name": name, "meaning": meaning} for name, meaning in zip(columns.names, columns.meanings, strict=True)]


def line_answer(line: ImportLine, currency: str) -> ImportLineAnswer:
    amount = line.amount_minor
    return {
        "position": line.position,
        "place": line.place,
        "business_date": None if line.booked_on is None else line.booked_on.isoformat(),
        "direction": None if amount is None else "credit" if amount > 0 else "debit",
        "amount": None if amount is None else money_in(currency)(abs(amount)),
        "description": line.description,
        "bank_id": line.bank_id,
        "account": line.account,
        "kind": line.kind,
        "status": line.status.value,
        "reason": line.reason,
        "reason_code": line.reason_code,
        "duplicate_of": line.duplicate_of,
        "entry_id": line.entry_id,
        "source": line.source,
    }
