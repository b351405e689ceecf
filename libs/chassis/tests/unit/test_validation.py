from datetime import date
from uuid import UUID

import pytest
from fluxo_chassis.http.validation import pointer, validation_problem
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=5)
    day: date
    id: UUID
    size: int = 1

    @field_validator("size")
    @classmethod
    def _even(cls, size):
        if size % 2:
            raise ValueError("Sizes are even.")
        return size


def errors_of(**fields):
    with pytest.raises(ValidationError) as failure:
        Body.model_validate(fields)
    listed = [{**error, "loc": ("body", *error["loc"])} for error in failure.value.errors()]
    return {error.pointer: error.detail for error in validation_problem(listed).errors}


def test_all_bad_fields_are_named_at_once_in_sentences():
    assert errors_of(name="secret-value", day="zz", id="zz", size=3, **{"a/b~c": 1}) == {
        "/name": "This must have at most 5 characters.",
        "/day": "This must be a date, YYYY-MM-DD.",
        "/id": "This must be a UUID.",
        "/size": "Sizes are even.",
        "/a~1b~0c": "This field is not known.",
    }


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (("body",), ""),
        (("body", "items", 3, "name"), "/items/3/name"),
        (("body", "a\ud800"), "/a?"),
        (("query", "from"), "?from"),
        (("path", "id"), "{id}"),
        (("header", "idempotency-key"), "Idempotency-Key"),
    ],
)
def test_a_pointer_says_where(location, expected):
    assert pointer(location) == expected
