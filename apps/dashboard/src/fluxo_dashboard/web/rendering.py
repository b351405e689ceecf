"""Templates, one environment for each language: everything that is put into one is escaped."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from fluxo_dashboard.language.amounts import write_amount, write_money, write_per_cent
from fluxo_dashboard.language.dates import (
    write_date,
    write_day,
    write_instant,
    write_month,
    write_month_name,
    write_weekday,
)
from fluxo_dashboard.language.languages import LANGUAGES, Language
from fluxo_dashboard.language.statements import say_of_file

EXTENSIONS: Final = ("jinja2.ext.i18n",)


class Templates:
    """Renders a template in a language. `address` gives a static file its present name."""

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def render(self, template: str, language: Language, **context: Any) -> str:
        found = _environment(language).get_template(template)
        return found.render(language=language, static=self._address, **context)


# One for whoever renders in this process: it keeps the templates that it has compiled.
@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("fluxo_dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=EXTENSIONS,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = LANGUAGES.values()
    environment.filters |= {
        "money": lambda amount, currency: write_money(amount, currency, language),
        "amount": lambda amount: write_amount(amount, language),
        "per_cent": lambda share: write_per_cent(share, language),
        "change": lambda share: write_per_cent(share, language, is_change=True),
        "date": lambda day: write_date(_day(day), language),
        "day": lambda day: write_day(_day(day), language),
        "month": lambda day: write_month(_day(day), language),
        "month_name": lambda day: write_month_name(_day(day), language),
        "weekday": lambda day: write_weekday(_day(day), language),
        "of_file": lambda said: say_of_file(said, language),
        "instant": lambda instant, time_zone: write_instant(datetime.fromisoformat(instant), time_zone, language),
    }
    return environment


def _day(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
