"""The form of a new entry: what was typed, what is wrong with it, and the key that makes it one entry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from fluxo_dashboard.language.amounts import read_amount
from fluxo_dashboard.language.dates import read_date, write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.language.texts import read_text
from fluxo_dashboard.pages.form_key import new_key, read_key
from fluxo_dashboard.services.client import Refusal

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
        readers: dict[str, Callable[[], str | None]] = {
            "amount": lambda: read_amount(self.amount, currency, language),
            "direction": lambda: read_direction(self.direction, language),
            "description": lambda: read_description(self.description, language),
            "category": lambda: read_text(self.category, CATEGORY_LENGTH_MAX, language) or None,
            "business_date": lambda: read_date(self.business_date, today, language).isoformat(),
        }
        body: dict[str, object] = {}
        errors: dict[str, str] = {}
        for name, read in readers.items():
            try:
                body[name] = read()
            except ValueError as error:
                errors[name] = str(error)
        return body, errors


def read_direction(direction: str, language: Language) -> str:
    if direction not in {"credit", "debit"}:
        raise ValueError(language.say("Choose whether it came in or went out."))
    return direction


def read_description(description: str, language: Language) -> str:
    read = read_text(description, DESCRIPTION_LENGTH_MAX, language)
    if not read:
        raise ValueError(language.say("Write what it was, such as “Counter sales”."))
    return read


def refused_fields(names: Iterable[str], language: Language) -> dict[str, str]:
    """Return a sentence for each field that the entries service refuses by a rule which the page leaves to it."""
    sentences = {
        "amount": language.say("This amount is too large."),
        "description": language.say("This holds nothing that can be read. Write what it was."),
        "business_date": language.say("This date cannot be recorded."),
    }
    return {name: sentences[name] for name in names if name in sentences}


def closed_day(refusal: Refusal, language: Language) -> dict[str, str]:
    """Return a sentence for the date, where it is refused because its day is closed."""
    if refusal.kind != "day-closed":
        return {}
    first = write_date(date.fromisoformat(refusal.first_open_day), language)
    return {
        "business_date": language.say(
            "The days before %(day)s are closed. Choose that day or a later one, or have the owner open them again.",
            day=first,
        )
    }
