"""What callers send. An entry is described here, and judged by `domain/draft.py`, alone as in a bulk.

Unknown fields are refused: a misspelt optional field must not be lost in silence.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import Body
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import any_schema, json_or_python_schema, no_info_plain_validator_function

from fluxo_entries.application.recording.merchant_settings import MerchantChange
from fluxo_entries.application.recording.record_entries_in_bulk import BulkItem
from fluxo_entries.domain.api_key import SCOPES, ApiKeyDraft
from fluxo_entries.domain.direction import Direction, parse_direction
from fluxo_entries.domain.draft import DRAFT_RULES, Draft
from fluxo_entries.domain.fields import Rule, parse_fields
from fluxo_entries.entrypoints.http.fields import (
    Amount,
    BusinessDate,
    Category,
    Currency,
    Description,
    Instant,
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


def _direction(value: object) -> object:
    # Of half a character Pydantic would say something else than the rule does.
    return parse_direction(value) if isinstance(value, str) else value


class NewEntry(BaseModel):
    """An entry to record."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    direction: Annotated[Direction, BeforeValidator(_direction)]
    amount: Amount
    description: Description
    category: Category | None = None
    currency: Annotated[Currency | None, Field(description="The merchant's, which is also the default.")] = None
    business_date: Annotated[
        BusinessDate | None, Field(description="Not after today in the merchant's time zone; by default today.")
    ] = None


def _fields(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        raise PydanticCustomError("model_attributes_type", "This must be a JSON object.")
    return body


EntryBody = Annotated[
    dict[str, object],
    Body(),
    GetPydanticSchema(
        lambda _, handler: no_info_plain_validator_function(
            _fields, json_schema_input_schema=handler.generate_schema(NewEntry)
        )
    ),
]


class NewReversal(BaseModel):
    """Why an entry is undone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Valor digitado errado"}]})

    reason: Annotated[Description, Field(description="Becomes the description of the reversal.")]
    business_date: Annotated[
        BusinessDate | None,
        Field(description="The original's, which is also the default, or a later one that is not after today."),
    ] = None


class BulkEntry(NewEntry):
    """One entry of a bulk, under an idempotency key of its own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"idempotency_key": "till-3-0001", **EXAMPLE}]}
    )

    idempotency_key: BulkKey


_KEY_RULE: Final[Mapping[str, Rule]] = {"idempotency_key": Rule(parse_bare_key)}


def parse_item(fields: Mapping[str, object], rules: Mapping[str, Rule] = DRAFT_RULES) -> BulkItem:
    """Return the item that the fields of a JSON object stand for.

    Raises:
        RejectedFieldsError: all that is wrong with them.
    """
    values = parse_fields(fields, {**rules, **_KEY_RULE})
    return BulkItem(values.pop("idempotency_key"), Draft(**values))


# Taken as it is and described by its name. `SkipValidation` would describe it a second time, without one, and generated
# clients would have two classes for it.
BulkItemBody = Annotated[
    BulkEntry,
    GetPydanticSchema(lambda entry, handler: json_or_python_schema(handler.generate_schema(entry), any_schema())),
]


class Bulk(BaseModel):
    """Entries to record with one request. The items are validated one by one, by the mode's own rule."""

    model_config = ConfigDict(extra="forbid")

    mode: Annotated[
        Literal["atomic", "partial", "check"],
        Field(
            description="atomic: all or none. partial: each that can be, and for each other the reason. "
            "check: nothing is recorded; for each whether it could be, and else the reason."
        ),
    ]
    entries: Annotated[list[BulkItemBody], Field(min_length=1, max_length=BULK_ITEMS_MAX)]


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


class NewApiKey(BaseModel):
    """An API key to make."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "caixa 3", "scopes": ["entries:write"]}]}
    )

    name: Name
    scopes: Annotated[
        list[Literal["balances:read", "entries:read", "entries:write"]],
        Field(min_length=1, max_length=len(SCOPES), description="Among those of who makes it."),
    ]
    expires_at: Annotated[Instant | None, Field(description="In the future; by default never.")] = None

    def draft(self) -> ApiKeyDraft:
        return ApiKeyDraft(self.name, self.scopes, self.expires_at)


class DayToClose(BaseModel):
    """A day to close, and with it all before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"date": "2026-11-22"}]})

    date: Annotated[BusinessDate, Field(description="Not after today in the merchant's time zone.")]
