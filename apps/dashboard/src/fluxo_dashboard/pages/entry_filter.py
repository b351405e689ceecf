"""Which entries somebody wants to see: as typed, as the address has it, and as the entries service is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self
from urllib.parse import urlencode

from fluxo_dashboard.language.dates import read_day, write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.language.texts import read_text
from fluxo_dashboard.pages.entry_form import CATEGORY_LENGTH_MAX, DESCRIPTION_LENGTH_MAX

LIST = "/entries"
_DATES = ("from", "to")


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """`typed` is what the fields show, `query` what is wanted in no language, `errors` what is wrong with a field."""

    typed: Mapping[str, str]
    query: Mapping[str, str]
    errors: Mapping[str, str]

    @classmethod
    def read(cls, sent: Mapping[str, str], today: date, language: Language) -> Self:
        """Return the filter of an address. Empty fields are none, and what is no filter is passed over."""
        typed = {name: sent.get(name, "").strip() for name in ("from", "to", "direction", "category", "q")}
        query: dict[str, str] = {}
        errors: dict[str, str] = {}
        readers: dict[str, Callable[[str], str]] = {
            "from": lambda text: read_day(text, today, language).isoformat(),
            "to": lambda text: read_day(text, today, language).isoformat(),
            "direction": lambda text: _read_direction(text, language),
            "category": lambda text: read_text(text, CATEGORY_LENGTH_MAX, language),
            "q": lambda text: read_text(text, DESCRIPTION_LENGTH_MAX, language),
        }
        for name, text in typed.items():
            try:
                if text:
                    query[name] = readers[name](text)
            except ValueError as error:
                errors[name] = str(error)
        if "from" in query and "to" in query and query["from"] > query["to"]:
            errors["to"] = language.say("The last day lies before the first.")
        for name in _DATES:
            if name in query:
                typed[name] = write_date(date.fromisoformat(query[name]), language)
        return cls(typed, query, errors)

    @property
    def first_error(self) -> str | None:
        """The name of the field that the page puts the cursor in."""
        return next(iter(self.errors), None)

    def address(self, **changes: str | None) -> str:
        """Return where the list with this filter is; None takes a filter out."""
        query = {name: value for name, value in {**self.query, **changes}.items() if value is not None}
        return f"{LIST}?{urlencode(query)}" if query else LIST


def _read_direction(text: str, language: Language) -> str:
    if text not in {"credit", "debit"}:
        raise ValueError(language.say("Choose whether it came in or went out."))
    return text
