"""The form that reverses an entry: what was typed, what is wrong with it, and the key that makes it one reversal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from fluxo_dashboard.language.dates import read_day, write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.language.texts import read_text
from fluxo_dashboard.pages.entry_form import DESCRIPTION_LENGTH_MAX
from fluxo_dashboard.pages.form_key import new_key, read_key


@dataclass(frozen=True, slots=True)
class ReversalForm:
    """All as typed; the reason becomes the description of the reversal."""

    key: str
    business_date: str
    reason: str
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, original: Mapping[str, Any], language: Language) -> Self:
        return cls(new_key(), write_date(date.fromisoformat(original["business_date"]), language), "")

    @classmethod
    def sent(cls, fields: Mapping[str, object]) -> Self:
        return cls(read_key(fields.get("key")), str(fields.get("business_date", "")), str(fields.get("reason", "")))

    @property
    def first_error(self) -> str | None:
        """The name of the field that the page puts the cursor in."""
        return next(iter(self.errors), None)

    def with_errors(self, errors: Mapping[str, str]) -> Self:
        return replace(self, errors=errors)

    def read(
        self, original: Mapping[str, Any], today: date, language: Language
    ) -> tuple[dict[str, object], dict[str, str]]:
        """Return the body for the entries service, and a sentence for each field that is wrong."""
        body: dict[str, object] = {}
        errors: dict[str, str] = {}
        first = date.fromisoformat(original["business_date"])
        try:
            day = read_day(self.business_date.strip(), today, language)
            # The original's own day is always allowed: a new time zone may have put today before it.
            if day != first and not first < day <= today:
                errors["business_date"] = wrong_day(first, today, language)
            body["business_date"] = day.isoformat()
        except ValueError as error:
            errors["business_date"] = str(error)
        try:
            body["reason"] = read_text(self.reason, DESCRIPTION_LENGTH_MAX, language)
            if not body["reason"]:
                errors["reason"] = no_reason(language)
        except ValueError as error:
            errors["reason"] = str(error)
        return body, errors


def wrong_day(first: date, today: date, language: Language) -> str:
    days = {"first": write_date(first, language), "last": write_date(max(first, today), language)}
    return language.say("A reversal counts for a day from %(first)s to %(last)s.", **days)


def no_reason(language: Language) -> str:
    return language.say("Write why, such as “Wrong amount”.")
