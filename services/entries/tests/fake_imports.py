"""Imports in memory, and a reader of files such as `2026-11-20;10.00;Pão`, one line of them each."""

from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from itertools import count

from fluxo_entries.application.importing.ports import WAITING_MAX, ImportState, Total, WaitingLine
from fluxo_entries.application.importing.statements import (
    READ_BY_ITSELF,
    StatementBalance,
    StatementColumns,
    StatementFormat,
    UnknownColumnsError,
    UnreadableLine,
    UnreadableStatementError,
)
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import IdempotencyKeyReusedError, TooManyImportsError
from fluxo_entries.domain.line_reason import ALIKE, OTHERWISE, RECORDED_BEFORE, REVERSED, SAME
from fluxo_entries.domain.reconciliation import DaySums, signed
from fluxo_entries.domain.statement_line import LineStatus, OtherReading, StatementLine

UNCONFIRMED = {ImportState.PARSING, ImportState.READY}
UNDER_WAY = {ImportState.CONFIRMED, ImportState.RECORDING}


def item_of(number, text):
    """`opening;day;amount;account`, `closing;…`, or `day;amount;description;bank id;account;kind;currency;other`."""
    place = (number, f"line {number}")
    cells = text.split(";")
    try:
        if cells[0] in {"opening", "closing"}:
            return StatementBalance(
                cells[0], date.fromisoformat(cells[1]), _minor(cells[2]), "".join(cells[3:]) or None
            )
        day, amount, description, bank_id, account, kind, currency, other = (cells + [""] * 8)[:8]
        return StatementLine(
            place,
            date.fromisoformat(day),
            _minor(amount),
            currency or "BRL",
            description,
            bank_id or None,
            account or None,
            kind or None,
            ("days come first",),
            text,
            OtherReading(_minor(other), description) if other else None,
        )
    except ValueError as error:
        return UnreadableLine(place, f"It cannot be read: {error}.", text)


def _minor(text):
    return int(text.replace(".", ""))


class FakeReader:
    """Knows the columns of nothing but what begins with `day;amount`; what they mean is told, and changes nothing."""

    async def check(self, file, currency, columns):
        file.seek(0)
        if not file.read().startswith(b"day;amount"):
            raise UnknownColumnsError("There is no column 'Data'. The columns are: day, amount.")

    async def read(self, file, currency, reading=READ_BY_ITSELF):
        file.seek(0)
        # In quotation marks where a test can send nothing but JSON.
        lines = file.read().decode(errors="replace").strip('"').splitlines()
        if lines in ([], ["unreadable"]):
            raise UnreadableStatementError("This is no statement that can be read here.")
        yield [StatementFormat("Tiny")]
        if lines[0].startswith("day;amount"):
            header = lines.pop(0)
            text = reading.columns or reading.known.get(header, "date=#1,amount=#2")
            origin = "given" if reading.columns else "remembered" if header in reading.known else "header"
            meanings = [part.partition("=")[0] for part in text.split(",")]
            yield [StatementColumns(header, header.split(";"), meanings, origin, text)]
        for number, line in enumerate(lines, 1):
            yield [item_of(number, line)]


class FakeImports:
    """`leased` are those that somebody works on."""

    def __init__(self, memory):
        self._memory = memory
        self.leased = set()

    async def add(self, new):
        for each in self._memory.imports.values():
            if each.merchant_id != new.merchant_id:
                continue
            if new.idempotency_key is not None and each.idempotency_key == new.idempotency_key:
                if each.digest != new.digest:
                    raise IdempotencyKeyReusedError(new.idempotency_key)
                return each
        for each in self._memory.imports.values():
            if (each.merchant_id, each.digest) == (new.merchant_id, new.digest) and each.state in UNCONFIRMED:
                return each
        own = [each for each in self._memory.imports.values() if each.merchant_id == new.merchant_id]
        if sum(each.state in UNCONFIRMED for each in own) >= WAITING_MAX:
            raise TooManyImportsError
        self._memory.imports[new.id] = new
        return new

    async def get(self, merchant_id, import_id):
        found = self._memory.imports.get(import_id)
        return found if found is not None and found.merchant_id == merchant_id else None

    async def page(self, merchant_id, before, limit):
        own = [each for each in self._memory.imports.values() if each.merchant_id == merchant_id]
        own.sort(key=lambda each: each.id, reverse=True)
        return [each for each in own if before is None or each.id < before][:limit]

    @asynccontextmanager
    async def kept(self, merchant_id, import_id):
        self.leased.add(import_id)
        yield
        self.leased.discard(import_id)

    async def set_read(self, merchant_id, import_id, summary, reason=None):
        state = ImportState.READY if reason is None else ImportState.FAILED
        self._change(import_id, ImportState.PARSING, state=state, reason=reason, summary=summary)

    async def set_state(self, merchant_id, import_id, before, after):
        self._change(import_id, before, state=after)

    async def is_stale(self, merchant_id, import_id):
        made = self._memory.imports[import_id]
        lines = self._memory.import_lines.get(import_id, {}).values()
        days, closed = {line.booked_on for line in lines}, self._memory.merchant(merchant_id).closed_through
        for line in lines:
            is_closed = closed is not None and line.booked_on is not None and line.booked_on <= closed
            was_closed = line.reason_code == "day_closed"
            if was_closed != is_closed and (
                was_closed or line.status in {LineStatus.NEW, LineStatus.POSSIBLE_DUPLICATE}
            ):
                return True
        columns = made.summary.columns
        known = columns and self._memory.import_mappings.get((merchant_id, columns.fingerprint), columns.text)
        return (known and made.columns_given is None and known != columns.text) or any(
            entry.merchant_id == merchant_id and entry.business_date in days and entry.id > import_id
            for entry in self._memory.entries.values()
        )

    async def known_columns(self, merchant_id):
        return {header: text for (owner, header), text in self._memory.import_mappings.items() if owner == merchant_id}

    async def confirm(self, merchant_id, import_id, now, *, records_possible, category):
        found = await self.get(merchant_id, import_id)
        if found is None:
            return False
        if (columns := found.summary.columns) is not None and columns.origin == "given":
            self._memory.import_mappings[merchant_id, columns.fingerprint] = columns.text
        return self._change(
            import_id,
            ImportState.READY,
            state=ImportState.CONFIRMED,
            confirmed_at=now,
            records_possible=records_possible,
            category=category,
        )

    async def remove(self, merchant_id, import_id):
        found = await self.get(merchant_id, import_id)
        if found is None or found.state not in {ImportState.READY, ImportState.FAILED}:
            return False
        del self._memory.imports[import_id]
        return True

    async def claim(self):
        waiting = [each for each in self._memory.imports.values() if each.state in UNDER_WAY]
        for each in sorted(waiting, key=lambda each: each.confirmed_at):
            if each.id not in self.leased:
                return each.merchant_id, each.id
        return None

    def _change(self, import_id, before, **changes):
        found = self._memory.imports.get(import_id)
        if found is None or found.state != before:
            return False
        totals = defaultdict(lambda: [0, 0, 0])
        for line in self._memory.import_lines.get(import_id, {}).values():
            total = totals[line.status]
            total[0] += 1
            total[1 if (line.amount_minor or 0) > 0 else 2] += abs(line.amount_minor or 0)
        totals = {status: Total(*total) for status, total in totals.items()}
        self._memory.imports[import_id] = replace(found, totals=totals, **changes)
        return True


class FakeImportLines:
    def __init__(self, memory):
        self._memory = memory

    async def add(self, merchant_id, import_id, lines):
        known = self._memory.import_lines.setdefault(import_id, {})
        known.update({line.position: line for line in lines})

    async def refuse(self, merchant_id, import_id, up_to, reason):
        lines = self._memory.import_lines.get(import_id, {})
        for position, line in lines.items():
            if line.status in {LineStatus.NEW, LineStatus.POSSIBLE_DUPLICATE} and line.booked_on <= up_to:
                lines[position] = line._replace(status=LineStatus.INVALID, **_why(reason))

    async def compare(self, merchant_id, import_id):
        lines = self._memory.import_lines.get(import_id, {})
        twins = defaultdict(lambda: count(1))
        for position, line in sorted(lines.items()):
            if line.status == LineStatus.INVALID:
                continue
            ordinal = next(twins[line.line_key])
            entry_id = self._memory.imported_lines.get((merchant_id, line.line_key, ordinal))
            changes = {"ordinal": ordinal}
            if entry_id is not None and line.status != LineStatus.DUPLICATE:
                if self._memory.reversal_of(entry_id):
                    changes |= {"status": LineStatus.POSSIBLE_DUPLICATE, "instead_of": entry_id, **_why(REVERSED)}
                else:
                    changes |= {"status": LineStatus.DUPLICATE, **_why(RECORDED_BEFORE)}
                changes["duplicate_of"] = entry_id
            lines[position] = line._replace(**changes)
        taken = {line.duplicate_of for line in lines.values() if line.status == LineStatus.DUPLICATE}
        free = [each for each in self._memory.entries.values() if each.merchant_id == merchant_id]
        free = [each for each in free if each.id not in taken and each.reverses is None]
        free = [each for each in sorted(free, key=lambda each: each.id) if not self._memory.reversal_of(each.id)]
        compared = [line for line in lines.values() if line.status in {LineStatus.NEW, LineStatus.POSSIBLE_DUPLICATE}]
        accounts, all_named = {line.account for line in compared}, all(line.bank_id for line in compared)
        others = {
            each.id
            for each in free
            if _is_another(*self._memory.origins.get(each.id, (None, False)), accounts, all_named)
        }
        for status, reason in ((LineStatus.DUPLICATE, SAME), (LineStatus.POSSIBLE_DUPLICATE, ALIKE)):
            found = {}
            for position, line in sorted(lines.items()):
                if line.status not in {LineStatus.NEW, LineStatus.POSSIBLE_DUPLICATE}:
                    continue
                may_be = (each for each in free if status == LineStatus.POSSIBLE_DUPLICATE or each.id not in others)
                same = next((each for each in may_be if _is_same(each, line, status)), None)
                if same is not None:
                    free.remove(same)
                    found[position] = line._replace(status=status, duplicate_of=same.id, **_why(reason))
            lines.update(found)
        self._compare_otherwise(merchant_id, lines)

    def _compare_otherwise(self, merchant_id, lines):
        for position, line in lines.items():
            known = self._memory.imported_lines.get((merchant_id, line.other_key, 1))
            if line.status == LineStatus.NEW and known is not None:
                changes = {"status": LineStatus.POSSIBLE_DUPLICATE, "duplicate_of": known, **_why(OTHERWISE)}
                lines[position] = line._replace(**changes)

    async def page(self, merchant_id, import_id, statuses, after, limit):
        lines = sorted(self._memory.import_lines.get(import_id, {}).items())
        wanted = [line for position, line in lines if position > after and (not statuses or line.status in statuses)]
        known = self._memory.imported_lines
        return [
            line._replace(entry_id=known.get((merchant_id, line.line_key, line.ordinal))) for line in wanted[:limit]
        ]

    async def waiting(self, imported, after, limit):
        statuses = [LineStatus.NEW, *([LineStatus.POSSIBLE_DUPLICATE] if imported.records_possible else [])]
        lines = await self.page(imported.merchant_id, imported.id, statuses, after, limit)
        plain = WaitingLine._fields[:-2]
        return [
            WaitingLine(*(getattr(line, name) for name in plain), line.bank_id is not None, line.instead_of)
            for line in lines
        ]

    async def record(self, imported, up_to, recorded, refused):
        now = self._memory.imports[imported.id]
        if now.recorded_up_to != imported.recorded_up_to:
            return False
        for line_key, ordinal, entry_id, account, has_bank_id in recorded:
            self._memory.imported_lines[imported.merchant_id, line_key, ordinal] = entry_id
            self._memory.origins[entry_id] = account, has_bank_id
        lines = self._memory.import_lines[imported.id]
        for position, reason in refused.items():
            lines[position] = lines[position]._replace(status=LineStatus.INVALID, **_why(reason))
        self._memory.imports[imported.id] = replace(
            now, recorded_up_to=up_to, recorded_count=now.recorded_count + len(recorded)
        )
        return True

    async def remove(self, merchant_id, import_id):
        self._memory.import_lines.pop(import_id, None)


def _why(reason):
    return {"reason_code": reason.code, "reason": reason.sentence}


def _is_another(account, has_bank_id, accounts, all_named):
    return (has_bank_id and all_named) or (account is not None and not accounts & {None, account})


def _is_same(entry, line, status):
    sign = 1 if entry.direction is Direction.CREDIT else -1
    same = (entry.business_date, sign * entry.amount_minor) == (line.booked_on, line.amount_minor)
    return same and (status == LineStatus.POSSIBLE_DUPLICATE or entry.description == line.description)


class FakeBooks:
    def __init__(self, memory):
        self._memory = memory

    async def sums(self, merchant_id, first, last):
        before, days = 0, {}
        for entry in self._of(merchant_id):
            if entry.business_date < first:
                before += signed(entry)
            elif entry.business_date <= last:
                days[entry.business_date] = days.get(entry.business_date, DaySums()).with_line(signed(entry))
        return before, days

    async def entries_of(self, merchant_id, days, limit):
        return [entry for entry in self._of(merchant_id) if entry.business_date in days][:limit]

    def _of(self, merchant_id):
        own = [entry for entry in self._memory.entries.values() if entry.merchant_id == merchant_id]
        return sorted(own, key=lambda entry: (entry.business_date, entry.id))
