"""The tags of an OFX file, SGML (1.x) and XML (2.x) alike, one after the other.

Own code, for what the libraries lose of valid files: docs/operating/statements.md. Tags are ASCII in UTF-8 and
Windows-1252 alike, so they are looked for in the bytes.
"""

import html
import re
from collections.abc import Iterator
from mmap import mmap
from typing import Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError

# Each alternative ends at the end of the file at the latest, and none goes back: the time is linear in any bytes.
_TAG: Final = re.compile(
    rb"<(?:!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|(?P<open>\Z))"
    rb"|!--.*?(?:-->|\Z)"
    rb"|\?[^>]*+>?"
    rb"|(?P<break>[Bb][Rr]\s*+/?>)"
    rb"|(?P<declaration>![A-Za-z]++)"
    rb"|(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9._-]{0,31}+)(?:\s[^<>]*+)?/?>)",
    re.DOTALL,
)
# With their semicolon only, so that "P&GT" stays; everything else that begins with an ampersand is text.
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")


class Tag(NamedTuple):
    start: int
    """Byte at which it begins; `stop` is the one behind it."""
    stop: int
    name: str
    """In capitals."""
    is_end: bool
    value: str
    """What stands between a start tag and the tag after it."""


def tags(data: mmap, encoding: str) -> Iterator[Tag]:
    """Yield the tags in order; comments and instructions are passed over.

    Raises:
        UnreadableFileError: a DOCTYPE or the like, which no bank's file needs; a CDATA that does not end.
    """
    before: re.Match[bytes] | None = None
    value: list[str] = []
    position = 0
    for found in _TAG.finditer(data):
        value.append(_unescaped(data[position : found.start()].decode(encoding, "replace")))
        position = found.end()
        if (declaration := found["declaration"]) is not None:
            word = declaration.decode("ascii")
            raise UnreadableFileError(f"The file has a <{word}>, which a bank's OFX has not; it is refused.")
        if found["open"] is not None:
            raise UnreadableFileError("The file ends inside a CDATA section: it is not complete. Download it again.")
        if found["cdata"] is not None:
            value.append(found["cdata"].decode(encoding, "replace"))
        elif found["break"] is not None:
            value.append(" ")
        elif found["name"] is not None:
            if before is not None:
                yield _tag(before, "".join(value))
            before, value = found, []
    if before is not None:
        yield _tag(before, "")


def _tag(found: re.Match[bytes], value: str) -> Tag:
    return Tag(found.start(), found.end(), found["name"].decode("ascii").upper(), bool(found["end"]), value.strip())


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text
