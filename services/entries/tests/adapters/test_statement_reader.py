"""The process that reads a file: what it says, and what becomes of one that hangs, grows or dies."""

import asyncio
import os
import sys
from contextlib import aclosing
from datetime import date
from tempfile import TemporaryFile

import pytest
from fluxo_entries.adapters import statement_reader
from fluxo_entries.adapters.statement_reader import PIECE_BYTES, TOO_MUCH, ChildStatementReader
from fluxo_entries.application.importing.statements import (
    Difference,
    Reading,
    StatementBalance,
    StatementFormat,
    UnknownColumnsError,
    UnreadableLine,
    UnreadableStatementError,
)
from fluxo_entries.application.importing.summing import Sums
from fluxo_entries.domain.statement_line import OtherReading, StatementLine

pytestmark = pytest.mark.anyio

SAYS = r"""
import sys
assert sys.argv[2:] == ["--currency", "BRL", "--decimals", "2"]
text = open(sys.argv[1]).read()
assert open(sys.argv[1]).read() == text == "anything"
print('{"Format":{"name":"OFX"}}')
print('{"StatementBalance":{"place":[1,"line 1"],"kind":"opening","day":"2026-11-19","amount_minor":5}}')
print('{"StatementLine":{"place":[2,"line 2"],"booked_on":"2026-11-20","amount_minor":-100,"currency":"BRL",'
      '"description":"P\u00e3o","bank_id":"1","account":null,"kind":null,"balance_minor":1,"guessed":["a"],'
      '"source":"x"}}')
print('{"UnreadableLine":{"place":[3,"line 3"],"reason":"Odd.","source":"y"}}')
"""


@pytest.fixture
def read():
    async def items(program):
        with TemporaryFile() as file:
            file.write(b"anything")
            file.flush()
            reader = ChildStatementReader((sys.executable, "-c", program))
            return [item async for items in reader.read(file, "BRL") for item in items]

    return items


async def test_it_says_what_stands_in_the_file(read):
    line = StatementLine((2, "line 2"), date(2026, 11, 20), -100, "BRL", "Pão", "1", guessed=("a",), source="x")
    assert await read(SAYS) == [
        StatementFormat("OFX"),
        StatementBalance("opening", date(2026, 11, 19), 5),
        line,
        UnreadableLine((3, "line 3"), "Odd.", "y"),
    ]


async def test_the_real_one_says_why_it_cannot_read_a_file():
    with TemporaryFile() as file, pytest.raises(UnreadableStatementError, match="The file is empty"):
        [item async for item in ChildStatementReader().read(file, "BRL")]


async def test_the_real_one_reads_columns_and_fees_as_it_is_told():
    sheet = "Quando;Líquido;Bruto\n02/11/2026;9,00;10,00\n"
    reading = Reading("date=Quando,amount=#2,gross=#3", fees_apart=True)
    with TemporaryFile() as file:
        file.write(sheet.encode())
        file.flush()
        reader = ChildStatementReader()
        await reader.check(file, "BRL", reading.columns)
        said = [item async for items in reader.read(file, "BRL", reading) for item in items]
        with pytest.raises(UnknownColumnsError, match="There is no column 'Data'"):
            await reader.check(file, "BRL", "date=Data,amount=#2")
        known = Reading(known={said[1].fingerprint: said[1].text})
        again = [item async for items in reader.read(file, "BRL", known) for item in items]
    assert (said[1].origin, said[1].meanings) == ("given", ["date", "amount", "gross"])
    assert [(line.amount_minor, line.other) for line in said[2:]] == [
        (1000, OtherReading(900, "")),
        (-100, OtherReading(900, "")),
    ]
    assert (again[1].origin, again[2].amount_minor, again[2].other) == ("remembered", 900, OtherReading(1000, ""))


async def test_the_real_one_tells_of_a_running_balance_that_its_lines_do_not_lead_to():
    sheet = "Data;Histórico;Valor;Saldo\n02/11/2026;Pix;100,00;1.100,00\n03/11/2026;Luz;-80,50;999,00\n"
    with TemporaryFile() as file:
        file.write(sheet.encode())
        file.flush()
        said = [item async for items in ChildStatementReader().read(file, "BRL") for item in items]
    assert said[-1] == Difference(expected_minor=101950, found_minor=99900)
    sums = Sums()
    sums.add_difference(said[-1])
    assert sums.summary().difference_minor == -2050


async def test_it_has_nothing_of_our_settings(read, monkeypatch):
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", "a secret")
    program = "import os; assert not [name for name in os.environ if name.startswith('FLUXO')], os.environ"
    assert await read(program) == []


@pytest.mark.parametrize(
    "program",
    ["bytearray(2 << 30)", "import os; os.kill(os.getpid(), 9)", "1/0", "print('x' * (2 << 20), end='')"],
    ids=["grows", "dies", "fails", "says too much at once"],
)
async def test_one_that_is_too_much_is_given_up(read, program):
    with pytest.raises(UnreadableStatementError) as raised:
        await read(program)
    assert str(raised.value) == TOO_MUCH


async def test_one_that_computes_for_ever_is_ended_by_the_system(read, monkeypatch):
    monkeypatch.setattr(statement_reader, "CPU_MAX_S", 1)
    with pytest.raises(UnreadableStatementError, match="takes more time"):
        await read("while True: pass")


@pytest.mark.parametrize("program", ["import time; time.sleep(60)", "import signal; signal.pause()"])
async def test_one_that_waits_for_ever_is_ended(read, monkeypatch, program):
    monkeypatch.setattr(statement_reader, "WITHIN_S", 0.5)
    with pytest.raises(UnreadableStatementError, match="takes more time"):
        await read(program)


async def has_written(pid):
    async with asyncio.timeout(60):
        while not (pid.exists() and pid.read_text()):  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.01)


async def test_one_that_has_more_to_say_than_is_kept_ends_with_who_reads(tmp_path):
    more, said = tmp_path / "more", tmp_path / "said"
    fills = 3 * PIECE_BYTES + 1  # what the pipe takes, and what the stream takes before it pauses the pipe
    program = f"""
import os, time
os.write(1, b'{{"StatementBalance":{{"place":[1,"line 1"],"kind":"opening","day":"2026-11-19","amount_minor":5}}}}\\n')
while not os.path.exists({str(more)!r}):
    time.sleep(0.01)
os.write(1, bytes({fills}))
open({str(said)!r}, "w").write(str(os.getpid()))
time.sleep(300)
"""
    reader = ChildStatementReader((sys.executable, "-c", program))
    with TemporaryFile() as file:
        async with aclosing(reader.read(file, "BRL")) as pieces:
            await anext(pieces)
            more.touch()
            await has_written(said)
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), 0)


async def test_it_ends_with_who_reads(tmp_path):
    pid = tmp_path / "pid"
    program = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    reader = ChildStatementReader((sys.executable, "-c", program))
    with TemporaryFile() as file:
        task = asyncio.create_task(anext(reader.read(file, "BRL")))
        await has_written(pid)
        task.cancel()
        await asyncio.wait([task])
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
