"""The languages of the page: Portuguese of Brazil first, English second."""

from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from starlette.requests import Request

COOKIE: Final = "fluxo_language"


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """`code` is what HTML and HTTP call it. The sentences in the code are the English ones."""

    code: str
    name: str
    locale: Locale
    translations: NullTranslations

    def say(self, sentence: str, **values: object) -> str:
        """Return the sentence in this language, with `%(name)s` filled in."""
        said = self.translations.gettext(sentence)
        return said % values if values else said


def _portuguese() -> NullTranslations:
    # Compiled here, in milliseconds: a compiled file in the repository would be one that nobody can review.
    with files("fluxo_dashboard").joinpath("locale/pt_BR/LC_MESSAGES/messages.po").open("rb") as file:
        messages = read_po(file, locale="pt_BR")
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


PORTUGUESE: Final = Language("pt-BR", "Português", Locale("pt", "BR"), _portuguese())
ENGLISH: Final = Language("en", "English", Locale("en"), NullTranslations())
LANGUAGES: Final = {language.code: language for language in (PORTUGUESE, ENGLISH)}


def language_of(request: Request) -> Language:
    """Return what was chosen on the page, else what the browser prefers, else Portuguese."""
    chosen = LANGUAGES.get(request.cookies.get(COOKIE, ""))
    if chosen is not None:
        return chosen
    for code in _preferred(request.headers.get("accept-language", "")):
        if code.partition("-")[0] == "pt":
            return PORTUGUESE
        if code.partition("-")[0] == "en":
            return ENGLISH
    return PORTUGUESE


def _preferred(header: str) -> list[str]:
    """Return the language tags of Accept-Language, in lower case, the one liked best first."""
    liked: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            liked.append((-float(weight or 1), tag.strip().lower()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(liked, key=lambda pair: pair[0]) if weight < 0]
