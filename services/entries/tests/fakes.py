"""Ports in memory that keep the ports' promises, so that use cases and HTTP are tested without a server."""

import asyncio
import csv
import math
import re
import unicodedata
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from fluxo_chassis.auth import Principal, refused
from fluxo_chassis.auth import api_keys as chassis
from fluxo_entries.adapters.cash_book.book import write_book
from fluxo_entries.application.importing.imports import (
    ConfirmImport,
    GetImport,
    ListImportLines,
    ListImports,
    RemoveImport,
)
from fluxo_entries.application.importing.preview_import import PreviewImport
from fluxo_entries.application.importing.reconcile_statement import ReconcileStatement
from fluxo_entries.application.importing.record_imports import RecordImports
from fluxo_entries.application.publishing.ports import BulkPart, GapFoundError, OutboxRow, StreamMovedBackError
from fluxo_entries.application.publishing.stream_state import XID_BITS, StreamEnd, StreamPosition
from fluxo_entries.application.recording.api_keys import CreateApiKey, ListApiKeys, RevokeApiKey
from fluxo_entries.application.recording.day_closes import CloseDay, ListDayCloses, ReopenDay
from fluxo_entries.application.recording.get_cash_book import GetCashBook
from fluxo_entries.application.recording.get_entry import GetEntry
from fluxo_entries.application.recording.list_entries import ListEntries
from fluxo_entries.application.recording.merchant_settings import ChangeMerchant, GetMerchant
from fluxo_entries.application.recording.ports import Outcome, RecordedEntry
from fluxo_entries.application.recording.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.application.recording.record_entry import RecordEntry
from fluxo_entries.application.recording.reverse_entry import ReverseEntry
from fluxo_entries.application.sealing.get_latest_seal import GetLatestSeal
from fluxo_entries.application.sealing.ports import Batch, Progress, UnsealedEntry
from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.domain.api_key import LIVE_KEYS_MAX
from fluxo_entries.domain.day_close import DayClose, first_open_day
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import (
    ApiKeyNameTakenError,
    ApiKeyNotFoundError,
    CurrencyFixedError,
    DayClosedError,
    DayNotClosedError,
    EntryAlreadyReversedError,
    IdempotencyKeyReusedError,
    NotConsolidatedError,
    RejectedFieldsError,
    TooManyApiKeysError,
)
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.domain.seal import SealedEntry
from fluxo_entries.domain.text import IGNORABLE

from services.entries.tests.fake_imports import FakeBooks, FakeImportLines, FakeImports, FakeReader


class FakeClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)


class FakeIds:
    """Version 7 in form, counting up."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> UUID:
        self._count += 1
        return UUID(f"019ac5a0-0000-7000-8000-{self._count:012x}")


@dataclass
class Memory:
    """What the database would hold."""

    merchants: dict = field(default_factory=dict)
    entries: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    traceparents: dict = field(default_factory=dict)
    api_keys: dict = field(default_factory=dict)
    imports: dict = field(default_factory=dict)
    import_lines: dict = field(default_factory=dict)
    imported_lines: dict = field(default_factory=dict)
    import_mappings: dict = field(default_factory=dict)
    origins: dict = field(default_factory=dict)
    day_closes: dict = field(default_factory=dict)

    def merchant(self, merchant_id: str) -> Merchant:
        return self.merchants.get(merchant_id) or Merchant(merchant_id, name=merchant_id)

    def reversal_of(self, entry_id: UUID) -> UUID | None:
        return next((entry.id for entry in self.entries.values() if entry.reverses == entry_id), None)


class FakeMerchants:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def get(self, merchant_id: str) -> Merchant:
        return self._memory.merchant(merchant_id)

    def known(self, merchant_id: str) -> Merchant:
        return self._memory.merchant(merchant_id)

    async def save(self, merchant: Merchant, traceparent: str | None = None) -> None:
        before = await self.get(merchant.merchant_id)
        has_entries = any(entry.merchant_id == merchant.merchant_id for entry in self._memory.entries.values())
        if has_entries and before.currency != merchant.currency:
            raise CurrencyFixedError(before.currency)
        self._memory.merchants[merchant.merchant_id] = merchant


class FakeApiKeys:
    """What the chassis looks keys up in, too."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, api_key, key_hash, traceparent=None) -> None:
        live = await self.live(api_key.merchant_id)
        if len(live) >= LIVE_KEYS_MAX:
            raise TooManyApiKeysError
        if any(each.name == api_key.name for each in live):
            raise ApiKeyNameTakenError
        self._memory.api_keys[api_key.id] = api_key, key_hash, None

    async def live(self, merchant_id):
        known = [each for each, _, revoked_at in self._memory.api_keys.values() if revoked_at is None]
        return sorted(
            (each for each in known if each.merchant_id == merchant_id), key=lambda each: each.id, reverse=True
        )

    async def revoke(self, merchant_id, key_id, now, traceparent=None) -> None:
        api_key, key_hash, revoked_at = self._memory.api_keys.get(key_id, (None, None, None))
        if api_key is None or api_key.merchant_id != merchant_id:
            raise ApiKeyNotFoundError
        self._memory.api_keys[key_id] = api_key, key_hash, revoked_at or now

    async def find(self, key_id) -> chassis.ApiKey | None:
        api_key, key_hash, revoked_at = self._memory.api_keys.get(key_id, (None, None, True))
        if revoked_at is not None:
            return None
        expires_at = math.inf if api_key.expires_at is None else api_key.expires_at.timestamp()
        return chassis.ApiKey(api_key.merchant_id, key_hash, frozenset(api_key.scopes), expires_at)

    def note_use(self, key_id) -> None: ...


class FakeCashBooks:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def copy(self, merchant_id, first, last, entries_max, to):
        entries = [each for each in self._memory.entries.values() if each.merchant_id == merchant_id]
        before = [each for each in entries if each.business_date < first]
        chosen = [each for each in entries if first <= each.business_date <= last]
        if len(chosen) > entries_max:
            return None
        with to.open("w", encoding="utf-8", newline="") as file:
            for each in sorted(chosen, key=lambda each: (each.business_date, each.id)):
                row = (each.business_date, each.direction.value, each.amount_minor, each.description, each.category)
                csv.writer(file).writerow(row)
        return sum(each.amount_minor * (1 if each.direction is Direction.CREDIT else -1) for each in before)


async def write_here(form, head, rows, book) -> None:
    write_book(form, head, rows, book)


class FakeDayCloses:
    """`is_consolidated` says whether all entries are in the balances."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.is_consolidated = True

    async def close(self, merchant_id, day, by):
        merchant, trail = self._memory.merchant(merchant_id), await self.trail(merchant_id, 1_000)
        if merchant.closed_through is not None and merchant.closed_through >= day:
            if merchant.closed_through > day:
                raise DayClosedError(first_open_day(merchant.closed_through))
            return self._line_that_closed(trail, day), False
        if not self.is_consolidated:
            raise NotConsolidatedError
        balance = sum(
            entry.amount_minor * (1 if entry.direction is Direction.CREDIT else -1)
            for entry in self._memory.entries.values()
            if entry.merchant_id == merchant_id and entry.business_date <= day
        )
        line = DayClose(len(trail) + 1, "closed", day, day, by, datetime.now(UTC), None, merchant.currency, balance)
        return self._add(merchant, line), True

    async def reopen(self, merchant_id, day, reason, by):
        merchant, trail = self._memory.merchant(merchant_id), await self.trail(merchant_id, 1_000)
        if merchant.closed_through != day:
            raise DayNotClosedError
        closed = self._line_that_closed(trail, day)
        before = next((each.closed_through for each in trail if each.number == closed.number - 1), None)
        changed = {"action": "reopened", "closed_through": before, "by": by, "reason": reason}
        return self._add(merchant, replace(closed, number=len(trail) + 1, at=datetime.now(UTC), **changed))

    async def trail(self, merchant_id, limit):
        return self._memory.day_closes.get(merchant_id, ())[:limit]

    def _line_that_closed(self, trail, day):
        return next(each for each in trail if each.action == "closed" and each.day == day)

    def _add(self, merchant, line):
        self._memory.merchants[merchant.merchant_id] = replace(merchant, closed_through=line.closed_through)
        trails = self._memory.day_closes
        trails[merchant.merchant_id] = (line, *trails.get(merchant.merchant_id, ()))
        return line


class FakeJournal:
    """`failure`, when set, is what the next append raises."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.failure: Exception | None = None

    async def append(self, recording) -> Outcome:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return await self.find(
            recording.entry.merchant_id, recording.idempotency_key, recording.request_hash
        ) or self._write(recording)

    async def append_all(self, recordings, *, atomic: bool) -> list[Outcome | Exception]:
        if self.failure is not None:
            raise self.failure
        before = dict(self._memory.entries), dict(self._memory.keys)
        outcomes = []
        is_written = False
        try:
            for recording in recordings:
                try:
                    outcomes.append(await self.append(recording))
                except (IdempotencyKeyReusedError, DayClosedError) as error:
                    outcomes.append(error)
            is_written = not atomic or all(isinstance(outcome, Outcome) for outcome in outcomes)
        finally:
            if not is_written:
                self._memory.entries, self._memory.keys = before
        return outcomes

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        known = self._memory.keys.get((merchant_id, idempotency_key))
        if known is None:
            return None
        known_hash, entry = known
        if known_hash != request_hash:
            raise IdempotencyKeyReusedError(idempotency_key)
        return Outcome(entry, replayed=True)

    def _write(self, recording) -> Outcome:
        entry = recording.entry
        closed_through = self._memory.merchant(entry.merchant_id).closed_through
        if closed_through is not None and entry.business_date <= closed_through:
            raise DayClosedError(first_open_day(closed_through))
        if entry.currency != self._memory.merchant(entry.merchant_id).currency:
            raise RejectedFieldsError(("currency", "The merchant's currency was changed a moment ago."))
        if entry.reverses is not None and self._memory.reversal_of(entry.reverses) is not None:
            raise EntryAlreadyReversedError(entry.reverses)
        self._memory.entries[entry.id] = entry
        self._memory.keys[entry.merchant_id, recording.idempotency_key] = recording.request_hash, entry
        self._memory.traceparents[entry.id] = recording.traceparent
        return Outcome(entry)


class FakeEntries:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def get(self, merchant_id: str, entry_id: UUID) -> RecordedEntry | None:
        entry = self._memory.entries.get(entry_id)
        if entry is None or entry.merchant_id != merchant_id:
            return None
        return RecordedEntry(entry, self._memory.reversal_of(entry.id))

    async def page(self, merchant_id, wanted, after, limit) -> list[RecordedEntry]:
        found = [
            entry
            for entry in self._memory.entries.values()
            if entry.merchant_id == merchant_id
            and (wanted.from_date or date.min) <= entry.business_date <= (wanted.to_date or date.max)
            and wanted.direction in (None, entry.direction)
            and (not wanted.category or _folded(wanted.category) == _folded(entry.category or ""))
            and (not wanted.text or _has_words(entry.description, wanted.text))
            and (after is None or (entry.business_date, entry.id) < (after.business_date, after.entry_id))
        ]
        found.sort(key=lambda entry: (entry.business_date, entry.id), reverse=True)
        return [RecordedEntry(entry, self._memory.reversal_of(entry.id)) for entry in found[:limit]]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", re.sub(f"[{IGNORABLE}]", "", text)).casefold().strip()


_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_LETTERS = {"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0127": "h", "\u0167": "t", "\u00f0": "d", "\u0131": "i"}
_LETTERS |= {"\u00e6": "ae", "\u0153": "oe", "\u00df": "ss"}
_MARKS = dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-")
_MARKS |= dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'")
_MARKS |= dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", _folded(text))))
    return re.sub(r"[!-/:-@[-`{-~]", r" \g<0> ", plain.translate(str.maketrans(_LETTERS | _MARKS))).lower().split()


def _has_words(description: str, text: str) -> bool:
    asked, words = _words(text), _words(description)
    asked = [word for word in asked if word not in set("-'\",.;:!?()")] or asked
    return bool(asked) and all(any(word.startswith(each) for word in words) for each in asked)


class FakeSeals:
    """What the journal wrote is announced in its order; what else gets into the memory is not."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.blocks = []
        self._progress = Progress(StreamPosition(0, 0), None)

    def _announced(self):
        return [entry.id for _, entry in self._memory.keys.values()]

    async def next_batch(self, looked_at_max):
        begin = self._progress.outbox.minor
        looked_at = self._announced()[begin:][:looked_at_max]
        entries = [self._memory.entries[each] for each in looked_at if each in self._memory.entries]
        unsealed = [UnsealedEntry(each.merchant_id, each.recorded_at, sealed_entry(each)) for each in entries]
        after = Progress(StreamPosition(0, begin + len(looked_at)), None)
        return Batch(self._progress, after, unsealed, len(looked_at))

    async def latest(self, merchant_ids):
        return {block.seal.merchant_id: block.seal for block in self.blocks if block.seal.merchant_id in merchant_ids}

    async def latest_signed(self, merchant_id):
        found = [(block.seal, block.signature) for block in self.blocks if block.seal.merchant_id == merchant_id]
        return found[-1] if found else None

    async def append(self, batch, blocks):
        if batch.before != self._progress:
            return False
        self._progress = batch.after
        self.blocks += blocks
        return True

    async def position(self):
        return self._progress.outbox

    @asynccontextmanager
    async def at_one_instant(self, merchant_id):
        yield FakeChain(self._memory, self.blocks, merchant_id, self._announced()[self._progress.outbox.minor :])


class FakeChain:
    def __init__(self, memory, blocks, merchant_id, waiting):
        self._entries = {
            entry.id: entry for entry in memory.entries.values() if merchant_id in (None, entry.merchant_id)
        }
        self._blocks = [block for block in blocks if merchant_id in (None, block.seal.merchant_id)]
        self._waiting = set(waiting)

    async def entry_count(self):
        return len(self._entries)

    async def blocks(self):
        for block in sorted(self._blocks, key=lambda block: (block.seal.merchant_id, block.seal.number)):
            yield block

    async def entries(self, entry_ids):
        return {each: sealed_entry(self._entries[each]) for each in entry_ids if each in self._entries}

    async def unsealed(self):
        sealed = {entry.entry_id for block in self._blocks for entry in block.entries}
        for entry in self._entries.values():
            if entry.id not in sealed:
                yield entry.merchant_id, entry.id

    async def waiting(self, entry_ids):
        return self._waiting & set(entry_ids)


def sealed_entry(entry):
    return SealedEntry.of(entry.id, repr(entry).encode())


class FakeOutbox:
    """`visible` rows lie below the horizon, `held_back` ones above; `passed` of these wait for no writer of the outbox.

    `bulks` are the positions at which the parts of bulks will lie.
    """

    def __init__(self, visible=0, held_back=0, passed=0, bulks=()):
        self.generation = 0
        self.rows = [OutboxRow(StreamPosition(1, n), b"event") for n in range(1, visible + 1)]
        self.held_back = [OutboxRow(StreamPosition(2, n), b"event") for n in range(1, held_back + 1)]
        self.passed = passed
        self.looks_passing = []
        self.bulks = list(bulks)

    async def rows_after(self, last, limit, event=None, *, passing=False):
        self.looks_passing.append(passing)
        await self.recognise(last, event)
        rows = [*self.rows, *(self.held_back[: self.passed] if passing else [])]
        return [row for row in rows if row.position > last][:limit]

    async def move_bulk_events(self):
        return BulkPart(self.bulks.pop(0), 250) if self.bulks else None

    async def recognise(self, last, event):
        up_to_last = [row for row in self.rows if row.position <= last and last.major >> XID_BITS == self.generation]
        if up_to_last and (up_to_last[-1].position != last or event not in (None, up_to_last[-1].event)):
            await self.publish_again(last)

    async def has_rows_after(self, position):
        return any(row.position > position for row in [*self.rows, *self.held_back])

    async def publish_again(self, above):
        self.generation = generation = (above.major >> XID_BITS) + 1
        self.rows = [
            OutboxRow(StreamPosition((generation << XID_BITS) + 1, row.position.minor), row.event) for row in self.rows
        ]


class FakeStream:
    def __init__(self):
        self.published = []
        self.moves_back = False
        self.gap_below = StreamPosition(0, 0)

    async def position(self):
        return self.published[-1].position if self.published else StreamPosition(0, 0)

    async def end(self):
        return StreamEnd(await self.position(), self.published[-1].event if self.published else None)

    async def remove(self, last):
        if is_there := await self.position() == last:
            self.published.clear()
        return is_there

    async def publish(self, after, rows):
        if self.moves_back:
            self.moves_back = False
            self.published.clear()
        if await self.position() < after:
            raise StreamMovedBackError
        if rows[0].position < self.gap_below:
            raise GapFoundError("skipped by group someone")
        new = [row for row in rows if row.position > await self.position()]
        self.published += new
        return len(new)


class FakeVerifier:
    """Takes tokens such as `padaria/entries:read,entries:write`."""

    async def verify(self, token: str) -> Principal:
        principal = self.remembered(token)
        if principal is None:
            raise refused("The token is malformed.")
        return principal

    def remembered(self, token: str) -> Principal | None:
        merchant_id, separator, scopes = token.partition("/")
        return Principal(merchant_id, "ana", frozenset(scopes.split(",")), "owner") if separator else None


class FakeService:
    """The application over one memory, at noon in São Paulo of 22 November 2026."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.clock = FakeClock(datetime(2026, 11, 22, 15, 0, 0, 123456, tzinfo=UTC))
        self.journal = FakeJournal(self.memory)
        self.seals = FakeSeals(self.memory)
        merchants, entries, ids = FakeMerchants(self.memory), FakeEntries(self.memory), FakeIds()
        self.api_keys = FakeApiKeys(self.memory)
        in_bulk = RecordEntriesInBulk(merchants, self.journal, self.clock, ids)
        self.imports, lines = FakeImports(self.memory), FakeImportLines(self.memory)
        self.day_closes = FakeDayCloses(self.memory)
        self.use_cases = ApiUseCases(
            record_entry=RecordEntry(merchants, self.journal, self.clock, ids),
            reverse_entry=ReverseEntry(entries, merchants, self.journal, self.clock, ids),
            record_entries_in_bulk=in_bulk,
            change_merchant=ChangeMerchant(merchants),
            create_api_key=CreateApiKey(self.api_keys, self.clock, ids, chassis.new_key),
            revoke_api_key=RevokeApiKey(self.api_keys, self.clock),
            close_day=CloseDay(merchants, self.day_closes, self.clock),
            reopen_day=ReopenDay(self.day_closes),
            get_entry=GetEntry(entries),
            list_entries=ListEntries(entries),
            get_merchant=GetMerchant(merchants),
            list_api_keys=ListApiKeys(self.api_keys),
            list_day_closes=ListDayCloses(self.day_closes),
            get_cash_book=GetCashBook(merchants, FakeCashBooks(self.memory), write_here),
            get_latest_seal=GetLatestSeal(self.seals),
            preview_import=PreviewImport(
                self.imports, lines, merchants, self.day_closes, FakeReader(), self.clock, ids
            ),
            confirm_import=ConfirmImport(self.imports, self.clock),
            remove_import=RemoveImport(self.imports, lines),
            record_imports=RecordImports(
                self.imports, lines, in_bulk, self.day_closes, lambda _merchant_id: nullcontext()
            ),
            get_import=GetImport(self.imports),
            list_imports=ListImports(self.imports),
            list_import_lines=ListImportLines(self.imports, lines, self.clock),
            reconcile_statement=ReconcileStatement(FakeBooks(self.memory), merchants, self.imports, FakeReader()),
        )

    @property
    def entries(self) -> list:
        return list(self.memory.entries.values())
