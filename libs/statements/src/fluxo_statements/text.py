"""Text as a bank's file has it."""

import codecs
import re
from typing import BinaryIO, Final

_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def one_line(text: str) -> str:
    """Return the text with each run of blanks and control characters as one blank, and none at its ends."""
    return _BLANKS.sub(" ", text).strip()


def encoding(file: BinaryIO) -> str:
    """Return what the bytes are: UTF-8 if all of them are, else Windows-1252. What a header says is too often wrong."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
