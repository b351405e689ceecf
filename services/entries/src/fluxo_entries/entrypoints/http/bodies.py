"""What callers send. Unknown fields are refused: a misspelt optional field must not be lost in silence."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from fluxo_entries.application.change_merchant import MerchantChange
from fluxo_entries.application.record_entries_in_bulk import BulkItem
from fluxo_entries.domain.entry import Direction, Draft
from fluxo_entries.entrypoints.http.fields import (
    AmountMinor,
    BusinessDate,
    Category,
    Currency,
    Description,
    Name,
    TimeZone,
    absent,
    from_text,
)
from fluxo_entries.entrypoints.http.parameters import BARE_KEY_PATTERN, parse_bare_key

BULK_ITEMS_MAX: Final = 10_000

EXAMPLE: Final[JsonDict] = {
    "direction": "credit",
    "amount": "150.00",
    "business_date": "2026-11-22",
    "description": "Venda balcão",
    "category": "vendas",
}

BulkKey = Annotated[
    str,
    from_text(parse_bare_key),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": BARE_KEY_PATTERN,
            "minLength": 1,
            "maxLength": 255,
            "description": "As the header Idempotency-Key of a single entry, unquoted.",
        }
    ),
]


class NewEntry(BaseModel):
    """An entry to record."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    direction: Direction
    amount: AmountMinor
    description: Description
    category: Category | None = None
    currency: Annotated[Currency | None, Field(description="The merchant's, which is also the default.")] = None
    business_date: Annotated[
        BusinessDate | None, Field(description="Not after today in the merchant's time zone; by default today.")
    ] = None

    def draft(self) -> Draft:
        return Draft(
            direction=self.direction,
            amount_minor=self.amount,
            description=self.description,
            category=self.category,
            currency=self.currency,
            business_date=self.business_date,
        )


class NewReversal(BaseModel):
    """Why an entry is undone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Valor digitado errado"}]})

    reason: Annotated[Description, Field(description="Becomes the description of the reversal.")]
    business_date: Annotated[
        BusinessDate | None,
        Field(description="Not before the original's and not after today; by default the original's."),
    ] = None


class BulkEntry(NewEntry):
    """One entry of a bulk, under an idempotency key of its own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"idempotency_key": "till-3-0001", **EXAMPLE}]}
    )

    idempotency_key: BulkKey

    def item(self) -> BulkItem:
        return BulkItem(self.idempotency_key, self.draft())


class Bulk(BaseModel):
    """Entries to record with one request. The items are validated one by one, by the mode's own rule."""

    model_config = ConfigDict(extra="forbid")

    mode: Annotated[
        Literal["atomic", "partial"],
        Field(description="atomic: all or none. partial: each that can be, and for each other the reason."),
    ]
    entries: Annotated[list[SkipValidation[BulkEntry]], Field(min_length=1, max_length=BULK_ITEMS_MAX)]


class MerchantPatch(BaseModel):
    """What to change; at least one field."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"minProperties": 1, "examples": [{"name": "Padaria Sol", "time_zone": "America/Manaus"}]},
    )

    name: Name = Field(default_factory=absent)
    currency: Currency = Field(default_factory=absent)
    time_zone: TimeZone = Field(default_factory=absent)

    @model_validator(mode="after")
    def _changes_something(self) -> "MerchantPatch":
        if not self.model_fields_set:
            raise ValueError("Name at least one of name, currency and time_zone.")
        return self

    def change(self) -> MerchantChange:
        return MerchantChange(self.name, self.currency, self.time_zone)
