"""What somebody typed must not run when another opens the export in a spreadsheet."""

import re
from typing import Final

TEXT_COLUMNS: Final = frozenset({"description", "category"})
"""The others hold what the services made: numbers that begin with a minus among them."""

# A spreadsheet that divides at another sign than we do sees a cell begin in the middle of ours.
_BEGINNING: Final = r"(^|[,;\t])"
_SIGN: Final = "(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])"
_DANGEROUS: Final = re.compile(f"{_BEGINNING}('*){_SIGN}")
_DEFUSED: Final = re.compile(f"{_BEGINNING}'('*){_SIGN}")


def defused(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would take for a formula."""
    return _DANGEROUS.sub(r"\1'\2", text)


def as_typed(text: str) -> str:
    """Return the text that `defused` made this of."""
    return _DEFUSED.sub(r"\1\2", text)
