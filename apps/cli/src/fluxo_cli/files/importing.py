"""Records a file of entries, each exactly once, however often the same command is given.

The key of an entry is its own, or derived from all entries of the file and its place among them (ADR 0029).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from json import JSONEncoder
from typing import Final, NamedTuple
from uuid import UUID

import httpx2
from fluxo_local.errors import CommandError

from fluxo_cli.api.client import RequestRefusedError, ServiceClient
from fluxo_cli.files.cells import CellReader
from fluxo_cli.files.complaints import refuse
from fluxo_cli.files.entries_file import Row, RowError
from fluxo_cli.output.progress import Report

_BULK: Final = "/v1/entries/bulk"
# Every run cuts a file in the same way: so what an earlier run recorded of a batch is all or nothing.
_BATCH_ENTRIES_MAX: Final = 10_000
_BATCH_BYTES_MAX: Final = 7 << 20
_ENTRY_LENGTH_MAX: Final = 1 << 16
_KEY_HEX_DIGITS: Final = 32
_ITEM_POINTER: Final = re.compile(r"/entries/([0-9]+)(?:/([a-z_]+))?")
_NOT_ALLOWED: Final = frozenset({401, 403})
# What a proxy may say, and not say again.
_PASSING: Final = frozenset({408, 425, 429})
_BETWEEN_REPORTS: Final = 1_000
# orjson leaves 4 KB behind each result that is kept, and all of a file's are.
_json: Final = JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


class Item(NamedTuple):
    """One entry as the API takes it, without an idempotency key unless it has one of its own."""

    line: int
    json: bytes
    has_own_key: bool


@dataclass(slots=True)
class Import:
    """The entries of a file, in its order, and what they come to if there are no errors."""

    items: list[Item] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    line_of_id: dict[UUID, int] = field(default_factory=dict)
    """The ids that the file gives entries, which are recorded somewhere, and where it does."""
    credits_minor: int = 0
    debits_minor: int = 0
    days: set[str] = field(default_factory=set)

    def add(self, row: Row, entry: dict[str, str]) -> None:
        self.items.append(Item(row.line, _json(entry).encode(), "idempotency_key" in entry))
        if written_id := row.cells.get("id", "").strip():
            with suppress(ValueError):  # What is no id of ours is nobody's here.
                self.line_of_id.setdefault(UUID(written_id), row.line)
        if self.errors:
            return
        amount_minor = int(entry["amount"].replace(".", ""))
        if entry["direction"] == "credit":
            self.credits_minor += amount_minor
        else:
            self.debits_minor += amount_minor
        self.days.add(entry["business_date"])


class Recorded(NamedTuple):
    """How many are new, and how many an earlier request had recorded already.

    Both are None when that cannot be told: keys of the file's own may be new or not one by one, and the service
    tells it of a batch as a whole.
    """

    new: int | None
    replayed: int | None


def prepare(rows: Iterable[Row | RowError], reader: CellReader, report: Report) -> Import:
    """Read every row."""
    prepared = Import()
    line_of_key: dict[str, int] = {}
    for count, row in enumerate(rows, 1):
        if count % _BETWEEN_REPORTS == 0:
            report(count, None)
        if isinstance(row, RowError):
            prepared.errors.append(row)
            continue
        entry, errors = reader.entry_of(row)
        prepared.errors += errors
        key = entry.get("idempotency_key")
        if key is not None and (before := line_of_key.setdefault(key, row.line)) != row.line:
            prepared.errors.append(RowError(row.line, "idempotency_key", f"It is that of line {before} too."))
        if sum(map(len, entry.values())) > _ENTRY_LENGTH_MAX:
            prepared.errors.append(RowError(row.line, None, "It is far longer than an entry may be."))
        else:
            prepared.add(row, entry)
    return prepared


def check(client: ServiceClient, prepared: Import, report: Report) -> None:
    """Ask the service whether it would record all of it; nothing is recorded.

    Raises:
        CommandError: rows cannot be read, or break a rule.
    """
    errors = {(error.line, error.column): error for error in prepared.errors}
    done = 0
    for batch in _batches(prepared.items):
        report(done, len(prepared.items))
        answer = client.post_bulk(_BULK, b'{"mode":"check","entries":[%b]}' % b",".join(batch))
        for item, verdict in zip(prepared.items[done:], answer.json()["items"], strict=False):
            for error in verdict.get("problem", {}).get("errors", ()):
                column = error["pointer"].removeprefix("/") or None
                # What the file's reader said of a cell is nearer to what stands there.
                errors.setdefault((item.line, column), RowError(item.line, column, error["detail"]))
        done += len(batch)
    refuse(errors.values())


def record(client: ServiceClient, prepared: Import, report: Report) -> Recorded:
    """Send all of it, a batch at a time, each recorded as a whole or not at all.

    Raises:
        CommandError: a batch was refused, or not answered for a minute; the message says how far it came.
    """
    total, done, replayed = len(prepared.items), 0, 0
    for batch in _batches(prepared.items):
        report(done, total)
        try:
            answer = client.post_bulk(_BULK, b'{"mode":"atomic","entries":[%b]}' % b",".join(batch))
        except CommandError as error:
            raise _stopped(error, prepared.items, done) from error
        done += len(batch)
        if answer.headers.get("Idempotent-Replayed") == "true":
            replayed += len(batch)
    if replayed < total and any(item.has_own_key for item in prepared.items):
        return Recorded(None, None)
    return Recorded(total - replayed, replayed)


def _batches(items: list[Item]) -> Iterator[list[bytes]]:
    """Yield the entries with their keys, as many together as the service takes at once."""
    digest = hashlib.sha256(b"\n".join(item.json for item in items)).hexdigest()[:_KEY_HEX_DIGITS]
    batch, size_bytes = list[bytes](), 0
    for place, item in enumerate(items, 1):
        key = b"" if item.has_own_key else b'"idempotency_key":"import-%b-%07d",' % (digest.encode(), place)
        keyed = b"{%b%b" % (key, item.json[1:])
        if len(batch) == _BATCH_ENTRIES_MAX or size_bytes + len(keyed) > _BATCH_BYTES_MAX:
            yield batch
            batch, size_bytes = [], 0
        batch.append(keyed)
        size_bytes += len(keyed) + 1
    if batch:
        yield batch


def _stopped(error: CommandError, items: list[Item], done: int) -> CommandError:
    """Return the error in terms of the file, with how far it came and what to do."""

    def place(pointer: re.Match[str]) -> str:
        line = f"line {items[done + int(pointer[1])].line}"
        return f"{line}, {pointer[2]}" if pointer[2] else line

    until = f", those up to line {items[done - 1].line}" if done else ""
    sentences = [
        _ITEM_POINTER.sub(place, str(error)),
        f"{done:,} of {len(items):,} entries are known to be recorded{until}.",
        _what_helps(error),
    ]
    if done:
        sentences.append("Before you change the file, take out what is recorded: a changed file is another one.")
    return CommandError("\n".join(sentences), exit_status=error.exit_status)


def _what_helps(error: CommandError) -> str:
    status = error.status if isinstance(error, RequestRefusedError) else None
    if status is None or status >= httpx2.codes.INTERNAL_SERVER_ERROR or status in _PASSING:
        return "The same command, given again with the same file, goes on from there and records nothing twice."
    if status in _NOT_ALLOWED:
        return "The same command with a token that may write goes on from there and records nothing twice."
    return "The same file would be refused again: put right what is named."
