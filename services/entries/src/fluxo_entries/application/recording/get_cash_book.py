from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Final

from fluxo_entries.application.recording.ports import CashBooks, Merchants
from fluxo_entries.domain.cash_book import Form, Head, Locale
from fluxo_entries.domain.errors import RejectedFieldsError

ENTRIES_MAX: Final = 200_000

WriteBook = Callable[[Form, Head, Path, Path], Awaitable[None]]
"""Write the book of the rows in the first file, as `CashBooks.copy` leaves them, to the second one."""


class GetCashBook:
    """The merchant's cash book (livro caixa) of some days: each entry with the balance after it, and each day's totals.

    What it begins and ends with, and the totals of its days, are those of the daily balances once these have all that
    is recorded. It has at most 200,000 entries.
    """

    def __init__(self, merchants: Merchants, books: CashBooks, write: WriteBook) -> None:
        self._merchants = merchants
        self._books = books
        self._write = write

    async def __call__(
        self, merchant_id: str, first: date, last: date, form: Form, folder: Path, locale: Locale | None = None
    ) -> Path:
        """Return the file, which lies in the folder.

        Raises:
            RejectedFieldsError: the first day lies after the last, or there are too many entries.
        """
        if first > last:
            raise RejectedFieldsError(("from", "It lies after `to`."))
        merchant = await self._merchants.get(merchant_id)
        rows, book = folder / "rows", folder / f"book.{form}"
        opening_minor = await self._books.copy(merchant_id, first, last, ENTRIES_MAX, rows)
        if opening_minor is None:
            raise RejectedFieldsError(("to", f"There are more than {ENTRIES_MAX:,} entries: ask for fewer days."))
        head = Head(merchant.name, merchant.currency, first, last, opening_minor, locale)
        await self._write(form, head, rows, book)
        return book
