import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import BinaryIO, Final

import msgspec
from fluxo_contracts.currencies import DECIMALS

from fluxo_entries.application.importing.statements import (
    READ_BY_ITSELF,
    Difference,
    Item,
    Reading,
    StatementBalance,
    StatementColumns,
    StatementFormat,
    UnknownColumnsError,
    UnreadableLine,
    UnreadableStatementError,
)
from fluxo_entries.domain.statement_line import StatementLine

MEMORY_MAX_KB: Final = 1 << 20
"""Of addresses; of memory it takes a part of that."""

CPU_MAX_S: Final = 120
WITHIN_S: Final = 600.0
"""The child waits while the database stores what it has said, so a large file takes its time."""

PIECE_BYTES: Final = 1 << 16
ITEM_BYTES_MAX: Final = 1 << 20
COMPLAINT_BYTES_MAX: Final = 2_000
UNREADABLE: Final = 2
UNKNOWN_COLUMNS: Final = 3
"""The exit codes with which the child says a sentence about the file, or what was said of its columns."""

TOO_MUCH: Final = "The file takes more time or memory to read than there is for one. Split it, or save it as CSV."

# The limits hold before the program that reads the file begins.
_LIMITED: Final = 'ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@"'
STATEMENTS: Final = (sys.executable, "-m", "fluxo_statements", "--name-format")


class _Said(msgspec.Struct):
    """A line of what the child says: one of them."""

    line: StatementLine | None = msgspec.field(name="StatementLine", default=None)
    unreadable: UnreadableLine | None = msgspec.field(name="UnreadableLine", default=None)
    balance: StatementBalance | None = msgspec.field(name="StatementBalance", default=None)
    format: StatementFormat | None = msgspec.field(name="Format", default=None)
    difference: Difference | None = msgspec.field(name="Difference", default=None)
    columns: StatementColumns | None = msgspec.field(name="Columns", default=None)

    def item(self) -> Item:
        item = self.line or self.unreadable or self.balance or self.format or self.difference or self.columns
        assert item is not None  # noqa: S101 - the child is ours
        return item


_decode: Final = msgspec.json.Decoder(_Said).decode


class ChildStatementReader:
    """Reads a file in a process of its own: one that hangs, grows or crashes over it harms nobody else.

    The child has no settings and no connections of ours; it gets the file as its standard input.
    """

    def __init__(self, command: Sequence[str] = STATEMENTS) -> None:
        self._command = command

    async def check(self, file: BinaryIO, currency: str, columns: str) -> None:
        async with aclosing(self._said_of(file, currency, "--columns", columns, "--columns-only")) as pieces:
            async for _ in pieces:
                pass

    def read(
        self, file: BinaryIO, currency: str, reading: Reading = READ_BY_ITSELF
    ) -> AsyncGenerator[Sequence[Item], None]:
        given = () if reading.columns is None else ("--columns", reading.columns)
        known = ("--known", msgspec.json.encode(dict(reading.known)).decode()) if reading.known else ()
        apart = ("--fees-apart",) if reading.fees_apart else ()
        return self._said_of(file, currency, *given, *known, *apart)

    async def _said_of(self, file: BinaryIO, currency: str, *more: str) -> AsyncGenerator[Sequence[Item], None]:
        file.seek(0)
        child = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _LIMITED, "sh", str(MEMORY_MAX_KB), str(CPU_MAX_S)),
            *(*self._command, "/dev/stdin", "--currency", currency, "--decimals", str(DECIMALS[currency])),
            *more,
            stdin=file,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"LC_ALL": "C.UTF-8"},
        )
        complaint = asyncio.create_task(_complaint(child))
        try:
            async with asyncio.timeout(WITHIN_S):
                async for items in _said(child):
                    yield items
                status = await child.wait()
        except TimeoutError:
            raise UnreadableStatementError(TOO_MUCH) from None
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await _drain(child.stdout)  # a process is not waited for while a pipe of it is paused
            await child.wait()
            sentence = await complaint
        if status == UNKNOWN_COLUMNS:
            raise UnknownColumnsError(sentence)
        if status == UNREADABLE:
            raise UnreadableStatementError(sentence)
        if status:
            raise UnreadableStatementError(TOO_MUCH)


async def _said(child: asyncio.subprocess.Process) -> AsyncIterator[Sequence[Item]]:
    assert child.stdout is not None  # noqa: S101 - it is a pipe
    rest = b""
    while piece := await child.stdout.read(PIECE_BYTES):
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > ITEM_BYTES_MAX:
            raise UnreadableStatementError(TOO_MUCH)
        yield [_decode(line).item() for line in lines]


async def _drain(pipe: asyncio.StreamReader | None) -> None:
    assert pipe is not None  # noqa: S101 - it is a pipe
    while await pipe.read(PIECE_BYTES):
        pass


async def _complaint(child: asyncio.subprocess.Process) -> str:
    """Return the beginning of what the child says about the file, and let it say the rest."""
    assert child.stderr is not None  # noqa: S101 - it is a pipe
    said = b""
    while piece := await child.stderr.read(PIECE_BYTES):
        said = (said + piece)[:COMPLAINT_BYTES_MAX]
    return said.decode(errors="replace").replace("\0", "").strip()
