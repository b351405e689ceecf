"""The form of a new API key: what was typed and chosen, and what is wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from fluxo_dashboard.language.dates import read_day, write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.language.texts import read_text

NAME_LENGTH_MAX: Final = 100
SCOPES: Final = ("entries:read", "entries:write", "balances:read")


@dataclass(frozen=True, slots=True)
class ApiKeyForm:
    """All as typed; `last_day` may be empty."""

    name: str
    scopes: Sequence[str]
    last_day: str
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Self:
        return cls("", (), "")

    @classmethod
    def sent(cls, fields: FormData) -> Self:
        scopes = [str(each) for each in fields.getlist("scopes")]
        return cls(str(fields.get("name", "")), scopes, str(fields.get("last_day", "")))

    @property
    def first_error(self) -> str | None:
        """The name of the field that the page puts the cursor in."""
        return next(iter(self.errors), None)

    def with_errors(self, errors: Mapping[str, str]) -> Self:
        return replace(self, errors=errors)

    def read(self, today: date, time_zone: str, language: Language) -> tuple[dict[str, object], dict[str, str]]:
        """Return the body for the entries service, and a sentence for each field that is wrong."""
        readers: dict[str, Callable[[], object]] = {
            "name": lambda: _read_name(self.name, language),
            "scopes": lambda: _read_scopes(self.scopes, language),
            "last_day": lambda: _read_end(self.last_day.strip(), today, time_zone, language),
        }
        read: dict[str, object] = {}
        errors: dict[str, str] = {}
        for name, reader in readers.items():
            try:
                read[name] = reader()
            except ValueError as error:
                errors[name] = str(error)
        read["expires_at"] = read.pop("last_day", None)
        return read, errors


def _read_name(text: str, language: Language) -> str:
    name = read_text(text, NAME_LENGTH_MAX, language)
    if not name:
        raise ValueError(language.say("Write what it is for, such as “Till 3”."))
    return name


def _read_scopes(scopes: Sequence[str], language: Language) -> list[str]:
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen:
        raise ValueError(language.say("Choose what the key may do."))
    return chosen


def _read_end(text: str, today: date, time_zone: str, language: Language) -> str | None:
    """Return the end of the day on the merchant's clock, in UTC; None for no day."""
    if not text:
        return None
    day = read_day(text, today, language)
    if day < today:
        raise ValueError(language.say("This day is past: today is %(today)s.", today=write_date(today, language)))
    if day.year > today.year + 100:
        raise ValueError(language.say("Leave the day out for a key that does not expire."))
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
    return f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
