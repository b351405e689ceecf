"""What people write: descriptions, categories, names. One line each, in one Unicode form."""

import unicodedata
from typing import Final

_LINE_BREAKS_BEYOND_ASCII: Final = "\u2028\u2029"
_CONTROL: Final = "Cc"
_SURROGATE: Final = "Cs"


def clean_text(text: str, length_max: int) -> str:
    """Return the text in normal form C without outer blanks; it may come out empty.

    The length counts code points, of the text as given and of what it becomes.

    Raises:
        ValueError: too long, or it holds a control character, a line break or half a character; the message is a
            sentence for a person.
    """
    if not text.isprintable() and any(_is_forbidden(character) for character in text):
        raise ValueError("It holds a control character, a line break or half a character.")
    cleaned = unicodedata.normalize("NFC", text).strip()
    if max(len(text), len(cleaned)) > length_max:
        raise ValueError(f"It is longer than {length_max} characters.")
    return cleaned


def required_text(text: str, length_max: int) -> str:
    """Return the clean text.

    Raises:
        ValueError: as `clean_text`, or nothing is left but blanks.
    """
    cleaned = clean_text(text, length_max)
    if not cleaned:
        raise ValueError("It is empty.")
    return cleaned


def optional_text(text: str, length_max: int) -> str | None:
    """Return the clean text, or None for one that is empty or blank.

    Raises:
        ValueError: as `clean_text`.
    """
    return clean_text(text, length_max) or None


def _is_forbidden(character: str) -> bool:
    return character in _LINE_BREAKS_BEYOND_ASCII or unicodedata.category(character) in {_CONTROL, _SURROGATE}
