"""Text that a person types on one line, by the rules of the entries service."""

import unicodedata

from fluxo_dashboard.language.languages import Language

_LINE_BREAKS_BEYOND_ASCII = "\u2028\u2029"


def read_text(text: str, length_max: int, language: Language) -> str:
    """Return the text in normal form C without outer blanks; it may be empty.

    Raises:
        ValueError: a sentence in the person's language: too long, or it holds what is not written on one line.
    """
    read = unicodedata.normalize("NFC", text.strip())
    if len(read) > length_max:
        raise ValueError(language.say("At most %(count)s characters.", count=length_max))
    if any(unicodedata.category(each) in {"Cc", "Cs"} or each in _LINE_BREAKS_BEYOND_ASCII for each in read):
        raise ValueError(language.say("This holds a line break or a character that cannot be seen."))
    return read
