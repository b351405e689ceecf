"""What people write: descriptions, categories, names. One line each, in one Unicode form, with something to see."""

import re
import unicodedata
from typing import Final

BLANK: Final = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
"""Unicode's White_Space, but for what is forbidden, and the blank of Braille; as a pattern has it."""

IGNORABLE: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
"""Unicode's Default_Ignorable_Code_Point of the first plane, and the interlinear marks: what has no shape of its own.

It is kept where it stands among others: emoji and many scripts are written with it.
"""

IGNORABLE_BEYOND: Final = r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
_VISIBLE: Final = re.compile(f"[^{BLANK}{IGNORABLE}{IGNORABLE_BEYOND}]")

_LINE_BREAKS_BEYOND_ASCII: Final = "\u2028\u2029"
_DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Unicode's Bidi_Control but for the marks, which text in Arabic and Hebrew has: they show a text in another order."""

_FORBIDDEN: Final = frozenset(_LINE_BREAKS_BEYOND_ASCII + _DIRECTIONS)
_CONTROL: Final = "Cc"
_SURROGATE: Final = "Cs"


def clean_text(text: str, length_max: int) -> str:
    """Return the text in normal form C without outer blanks; empty when there is nothing in it to see.

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
    return cleaned if _VISIBLE.search(cleaned) else ""


def tidied_text(text: str, length_max: int) -> str:
    """Return the nearest text that `clean_text` takes: blanks for what is forbidden, and cut short with an ellipsis.

    It may be empty.
    """
    if not text.isprintable():
        text = "".join(" " if _is_forbidden(character) else character for character in text)
    tidied = " ".join(unicodedata.normalize("NFC", text).split())
    if len(tidied) > length_max:
        tidied = tidied[: length_max - 1].rstrip() + "\u2026"
    return tidied if _VISIBLE.search(tidied) else ""


def required_text(text: str, length_max: int) -> str:
    """Return the clean text.

    Raises:
        ValueError: as `clean_text`, or there is nothing in it to see.
    """
    cleaned = clean_text(text, length_max)
    if not cleaned:
        raise ValueError("It is empty.")
    return cleaned


def optional_text(text: str, length_max: int) -> str | None:
    """Return the clean text, or None for one that shows nothing.

    Raises:
        ValueError: as `clean_text`.
    """
    return clean_text(text, length_max) or None


def _is_forbidden(character: str) -> bool:
    return character in _FORBIDDEN or unicodedata.category(character) in {_CONTROL, _SURROGATE}
