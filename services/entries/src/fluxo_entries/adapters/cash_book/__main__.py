"""What `write_in_child` starts: the head comes on standard input, form and files as arguments."""

import os
import sys
from pathlib import Path

import msgspec

from fluxo_entries.adapters.cash_book.book import write_book
from fluxo_entries.domain.cash_book import Form, Head


def main() -> None:
    os.nice(10)
    form, rows, book = sys.argv[1:]
    head = msgspec.json.decode(sys.stdin.buffer.read(), type=Head)
    write_book(msgspec.convert(form, Form), head, Path(rows), Path(book))


if __name__ == "__main__":
    main()
