"""The form of a new entry: what was typed, what is wrong with it, and the key that makes it one entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from fluxo_dashboard.language.amounts import read_amount
from fluxo_dashboard.language.dates import read_date, write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.pages.form_key import new_key, read_key

DESCRIPTION_LENGTH_MAX = 200
CATEGORY_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class EntryForm:
    """All as typed. `key` is born with the form: however often the form is sent, it is one entry."""

    key: str
    amount: str
    direction: str
    description: str
    category: str
    business_date: str
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, today: date, language: Language) -> Self:
        return cls(new_key(), "", "credit", "", "", write_date(today, language))

    @classmethod
    def sent(cls, fields: Mapping[str, object]) -> Self:
        typed = ("amount", "direction", "description", "category", "business_date")
        return cls(read_key(fields.get("key")), **{name: str(fields.get(name, "")) for name in typed}, errors={})

    def with_errors(self, errors: Mapping[str, str]) -> Self:
        return replace(self, errors=errors)

    def with_new_key(self) -> Self:
        return replace(self, key=new_key())

    def read(self, currency: str, today: date, language: Language) -> tuple[dict[str, object], dict[str, str]]:
        """Return the body for the entries service, and a sentence for each field that is wrong."""
        errors: dict[str, str] = {}
        body: dict[str, object] = {"direction": self.direction, "category": self.category.strip() or None}
        try:
            body["amount"] = read_amount(self.amount, currency, language)
        except ValueError as error:
            errors["amount"] = str(error)
        try:
            body["business_date"] = read_date(self.business_date, today, language).isoformat()
        except ValueError as error:
            errors["business_date"] = str(error)
        if self.direction not in {"credit", "debit"}:
            errors["direction"] = language.say("Choose whether it came in or went out.")
        body["description"] = self.description.strip()
        if not self.description.strip():
            errors["description"] = language.say("Write what it was, such as “Counter sales”.")
        elif len(self.description.strip()) > DESCRIPTION_LENGTH_MAX:
            errors["description"] = language.say("At most %(count)s characters.", count=DESCRIPTION_LENGTH_MAX)
        if len(self.category.strip()) > CATEGORY_LENGTH_MAX:
            errors["category"] = language.say("At most %(count)s characters.", count=CATEGORY_LENGTH_MAX)
        return body, errors
