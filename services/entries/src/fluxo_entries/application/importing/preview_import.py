import asyncio
import codecs
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID

from fluxo_entries.application.cooperative import yielding
from fluxo_entries.application.importing.imports import STILL_READ
from fluxo_entries.application.importing.ports import Import, ImportLine, ImportLines, Imports, ImportState
from fluxo_entries.application.importing.statements import (
    Difference,
    Item,
    Reading,
    StatementBalance,
    StatementColumns,
    StatementFormat,
    StatementReader,
    UnreadableLine,
    UnreadableStatementError,
)
from fluxo_entries.application.importing.summing import Sums
from fluxo_entries.application.recording.day_closes import closed_through
from fluxo_entries.application.recording.ports import Clock, DayCloses, EntryIds, Merchants
from fluxo_entries.domain.day_close import first_open_day
from fluxo_entries.domain.entry import record
from fluxo_entries.domain.errors import (
    DayClosedError,
    IdempotencyKeyReusedError,
    ImportNotReadyError,
    RejectedFieldsError,
)
from fluxo_entries.domain.line_reason import AFTER_TODAY, NOT_IN_CURRENCY, Reason, refused
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.domain.money import AMOUNT_MINOR_MAX
from fluxo_entries.domain.statement_line import LineStatus, StatementLine, check_draft, draft_of

LINES_MAX: Final = 1_000_000
SLICE_LINES: Final = 2_000
READING_MAX: Final = 2
"""Files that a process reads at once."""

TEXT_LENGTH_MAX: Final = 200
SOURCE_LENGTH_MAX: Final = 4_000
HEADING_BYTES_MAX: Final = 16_384
TABLES_OF_TEXT: Final = frozenset({"CSV"})
_NO_ENTRY: Final = UUID(int=0)


class Upload(NamedTuple):
    """A file that came: `digest` is its SHA-256, `account` is that of lines whose file names none.

    `columns` is what a sheet's columns mean, as a person says it: "date=Data,amount=#3".
    """

    filename: str
    digest: bytes
    account: str | None = None
    idempotency_key: str | None = None
    columns: str | None = None
    fees_apart: bool = False


@dataclass(frozen=True, slots=True)
class _Rules:
    merchant: Merchant
    now: datetime
    account: str | None


class PreviewImport:
    """Read a file of a bank, an acquirer or a spreadsheet, and say what recording it would do to the books.

    Nothing is recorded until it is confirmed. Each line is `new`, a `duplicate` of an entry that there is already, a
    `possible_duplicate` (an entry of that day has its direction and amount, but another description, or was imported
    of another account or under another id; or the entry that it became was reversed since), or `invalid`.
    A line of an earlier file is known by its bank's id and its account, then by day, amount and description. Each entry
    stands for one line only, so twins are two entries, the same file again adds nothing, and a longer one of the same
    days adds what is new. The same file, or the same idempotency key, is the same import until it is confirmed. Read in
    another way, or once its days have other entries, it is a new one, which takes the place of the one that waits.

    What the columns of a sheet are taken for is told. Where that is wrong, send the file again with `columns`; once
    that is confirmed, it holds for every later file with the same header.

    A report of card sales is recorded with its net on the day that it settles, or with gross and fee as two entries.
    What was recorded one way is a `possible_duplicate` in the other.
    """

    def __init__(
        self,
        imports: Imports,
        lines: ImportLines,
        merchants: Merchants,
        day_closes: DayCloses,
        reader: StatementReader,
        clock: Clock,
        ids: EntryIds,
    ) -> None:
        self._imports = imports
        self._lines = lines
        self._merchants = merchants
        self._day_closes = day_closes
        self._reader = reader
        self._clock = clock
        self._ids = ids
        self._reading = asyncio.Semaphore(READING_MAX)

    async def begin(self, merchant_id: str, upload: Upload, file: BinaryIO) -> tuple[Import, bool]:
        """Return the import, and whether its file is still to be `read`.

        Raises:
            UnknownColumnsError: what is said of the columns does not do.
            UnreadableStatementError: something is said of the columns, and the file cannot be read at all.
            IdempotencyKeyReusedError: the key came with another file, or to have it read in another way.
            ImportNotReadyError: the file is being read in another way.
            TooManyImportsError: too many of the merchant's are not confirmed.
        """
        merchant = await self._merchants.get(merchant_id)
        if upload.columns is not None:
            async with self._reading:
                await self._reader.check(file, merchant.currency, upload.columns)
        new = Import(
            self._ids.next(),
            merchant_id,
            upload.digest,
            upload.filename,
            merchant.currency,
            self._clock.now(),
            upload.account,
            upload.idempotency_key,
            columns_given=upload.columns,
            fees_apart=upload.fees_apart,
        )
        stored = await self._imports.add(new)
        if stored.id != new.id and not await self._is_the_same(stored, new):
            stored = await self._instead(stored, new)
        return stored, stored.id == new.id

    async def _is_the_same(self, stored: Import, new: Import) -> bool:
        is_alike = all(
            getattr(stored, name) == getattr(new, name) for name in ("account", "columns_given", "fees_apart")
        )
        if new.idempotency_key is not None and stored.idempotency_key == new.idempotency_key:
            if not is_alike:
                raise IdempotencyKeyReusedError(new.idempotency_key)
            return True
        is_ready = stored.state == ImportState.READY
        return is_alike and not (is_ready and await self._imports.is_stale(stored.merchant_id, stored.id))

    async def _instead(self, waiting: Import, new: Import) -> Import:
        if await self._imports.remove(waiting.merchant_id, waiting.id):
            await self._lines.remove(waiting.merchant_id, waiting.id)
        stored = await self._imports.add(new)
        if stored.id != new.id:
            raise ImportNotReadyError(STILL_READ)
        return stored

    async def read(self, begun: Import, file: BinaryIO) -> None:
        """Read the lines, and compare them with what is recorded; whoever looks at the import sees how far it is."""
        whose = begun.merchant_id, begun.id
        async with self._imports.kept(*whose), self._reading:
            rules, sums = _Rules(await self._merchants.get(begun.merchant_id), self._clock.now(), begun.account), Sums()
            known = await self._imports.known_columns(begun.merchant_id)
            reading = Reading(begun.columns_given, known, begun.fees_apart)
            try:
                # Closed at once, whatever ends it, and with it who reads the file.
                async with aclosing(self._reader.read(file, rules.merchant.currency, reading)) as pieces:
                    async for rows in _slices(pieces, file, rules, sums):
                        await self._lines.add(*whose, rows)
            except UnreadableStatementError as error:
                await self._imports.set_read(*whose, sums.summary(), str(error))
                await self._lines.remove(*whose)
                return
            closed = await closed_through(self._day_closes, begun.merchant_id)
            await self._lines.compare(*whose)
            # After that: what is recorded already may lie in closed days.
            if closed is not None:
                await self._lines.refuse(*whose, closed, refused(DayClosedError(first_open_day(closed))))
            await self._imports.set_read(*whose, sums.summary())


async def _slices(
    pieces: AsyncIterator[Sequence[Item]], file: BinaryIO, rules: _Rules, sums: Sums
) -> AsyncIterator[list[ImportLine]]:
    rows: list[ImportLine] = []
    async for items in pieces:
        rows += [row async for item in yielding(items) if (row := _row(item, sums, rules)) is not None]
        if sums.format in TABLES_OF_TEXT and sums.heading is None and (first := _first_line(items)) is not None:
            sums.heading = _heading(file, first)
        if len(rows) >= SLICE_LINES:
            yield rows
            rows = []
    if not sums.line_count:
        raise UnreadableStatementError("There is no line in the file that could be recorded.")
    if rows:
        yield rows


def _first_line(items: Sequence[Item]) -> int | None:
    """Return the number of the first line of money among the items."""
    return next((item.place[0] for item in items if isinstance(item, StatementLine | UnreadableLine)), None)


def _heading(file: BinaryIO, first: int) -> str:
    """Return the lines above the first one of money."""
    file.seek(0)
    head = file.read(HEADING_BYTES_MAX)
    code = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = codecs.getincrementaldecoder(code)().decode(head)  # its last character may be cut
    except UnicodeDecodeError:
        text = head.decode("cp1252", errors="replace")
    lines = list(io.StringIO(text, newline=""))  # which end as the reader's do
    return "".join(lines[: first - 1]).replace("\0", "")


def _row(item: Item, sums: Sums, rules: _Rules) -> ImportLine | None:
    if isinstance(item, StatementFormat):
        sums.format = item.name
        return None
    if isinstance(item, StatementColumns):
        sums.columns = item
        return None
    if isinstance(item, StatementBalance):
        sums.add_balance(item)
        return None
    if isinstance(item, Difference):
        sums.add_difference(item)
        return None
    if sums.line_count == LINES_MAX:
        raise UnreadableStatementError(f"The file has more than {LINES_MAX:,} lines. Split it.")
    sums.line_count += 1
    place = _kept(item.place[1]) or f"line {item.place[0]}"
    if isinstance(item, UnreadableLine):
        return ImportLine(
            *(sums.line_count, place),
            status=LineStatus.INVALID,
            reason=_source(item.reason),
            source=_source(item.source),
            reason_code=item.code,
        )
    if item.account is None:
        item = replace(item, account=rules.account)
    reason = _reason(item, rules)
    if reason is None:
        sums.add_line(item)
    is_amount = item.currency == rules.merchant.currency and abs(item.amount_minor) <= AMOUNT_MINOR_MAX
    return ImportLine(
        sums.line_count,
        place,
        item.booked_on,
        item.amount_minor if is_amount else None,
        item.described(),
        _kept(item.bank_id),
        _kept(item.account),
        _kept(item.kind),
        item.key(),
        status=LineStatus.NEW if reason is None else LineStatus.INVALID,
        reason=reason and reason.sentence,
        source=None if reason is None and not _is_closed(item, rules.merchant) else _source(item.source),
        other_key=item.other_key(),
        reason_code=reason and reason.code,
    )


def _reason(line: StatementLine, rules: _Rules) -> Reason | None:
    """Return why no rule lets the line be an entry, if one does not."""
    merchant, now = rules.merchant, rules.now
    if line.currency != merchant.currency:
        return Reason(NOT_IN_CURRENCY, f"It is in {line.currency}. Your entries are in {merchant.currency}.")
    draft = draft_of(line.booked_on, line.amount_minor, line.currency, line.described())
    try:
        check_draft(draft, merchant.currency)
        record(draft, merchant, _NO_ENTRY, now)
    except RejectedFieldsError as error:
        return refused(error)._replace(**({"code": AFTER_TODAY} if line.booked_on > merchant.today(now) else {}))
    return None


def _is_closed(line: StatementLine, merchant: Merchant) -> bool:
    """Tell whether the line is refused unless it turns out to be a duplicate."""
    return merchant.closed_through is not None and line.booked_on <= merchant.closed_through


def _kept(text: str | None) -> str | None:
    return text and text[:TEXT_LENGTH_MAX].replace("\0", "")


def _source(text: str) -> str:
    return text[:SOURCE_LENGTH_MAX].replace("\0", "")
