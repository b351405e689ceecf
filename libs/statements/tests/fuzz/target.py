"""One target, fuzzed until its time is over: `python -m libs.statements.tests.fuzz.target NAME FAULTS -- LIBFUZZER…`.

A fault is noted once, by where it came from, with the input in the folder FAULTS, and fuzzing goes on. What can only
be seen from outside (a hang, memory) ends the process, and libFuzzer keeps the input.
"""

import io
import random
import sys
import time
import traceback
import zipfile
from pathlib import Path
from typing import Final

import atheris
import msgspec

with atheris.instrument_imports(include=["fluxo_statements"]):
    from fluxo_statements import recognise
    from fluxo_statements.checks import BalanceChecks
    from fluxo_statements.errors import UnreadableFileError
    from fluxo_statements.model import StatementBalance, Terms, UnreadableLine
    from fluxo_statements.sheets import workbook  # noqa: F401 - or it is loaded with the first file, and not instrumented

from libs.statements.tests.fuzz.counting import lost

BRL: Final = Terms("BRL", 2)
SLOW_S: Final = 2
MINOR_MAX: Final = 10**18
"""So many digits CNAB 240 has room for, and an integer of eight bytes."""


class LineLostError(Exception):
    """A line of money stands in the file, and no item says anything of it."""


class WrongItemError(Exception):
    """A line of no money, of another's or of more than there is; a refusal that is no sentence."""


class TooSlowError(Exception):
    """A file of some kilobytes takes seconds."""


def read(path: Path, only: str | None) -> None:
    """Read a file, as all who import it do, and hold what came out against what plain text shows.

    Raises:
        Exception: any but UnreadableFileError is a fault of a reader.
    """
    try:
        form = recognise.recognise(path)
        if only is not None and form.name != only:
            form = next(each for each in recognise.FORMATS if each.name == only)
            if not form.is_it(path.read_bytes()[: recognise.HEAD_BYTES]):
                return
        items = list(form.read(path, BRL))
    except UnreadableFileError as error:
        if not str(error).endswith((".", "?")):
            raise WrongItemError(f"No sentence: {error}") from error
        return
    checks = BalanceChecks()
    for item in items:
        checks.add(item)
        msgspec.json.encode(item._asdict())
        if isinstance(item, UnreadableLine):
            continue
        is_money = item.amount_minor or isinstance(item, StatementBalance)
        if not is_money or item.currency != BRL.currency or abs(item.amount_minor) >= MINOR_MAX:
            raise WrongItemError(str(item))
    unread = [item.place for item in items if isinstance(item, UnreadableLine)]
    if len(unread) != len(set(unread)):
        raise WrongItemError(f"A line stands twice among those that can't be read: {unread}")
    if places := lost(form.name, path, items, BRL):
        raise LineLostError(f"{form.name}: {places}")


class Fuzzed:
    def __init__(self, only: str | None, faults: Path, file: Path) -> None:
        self._only, self._faults, self._file = only, faults, file

    def __call__(self, content: bytes) -> None:
        self._file.write_bytes(content)
        started = time.monotonic()
        try:
            read(self._file, self._only)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted
            self._note(error, content)
        if (took := time.monotonic() - started) > SLOW_S:
            self._note(TooSlowError(f"{took:.1f} s for {len(content)} bytes"), content)

    def _note(self, error: Exception, content: bytes) -> None:
        where = [f"-{Path(frame.filename).stem}-{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        name = type(error).__name__ + "".join(where[-1:])
        if not (self._faults / name).exists():
            (self._faults / name).write_bytes(content)
            (self._faults / f"{name}.txt").write_text("".join(traceback.format_exception(error)))


def mutated_workbook(content: bytes, size_max: int, seed: int) -> bytes:
    """Change one part of the zip, for a changed byte of the whole is refused by its checksum and shows nothing more."""
    chance = random.Random(seed)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - no zip any more
        parts = {}
    if not parts or chance.random() < 0.05:
        return atheris.Mutate(content, size_max)
    # The sheets and the texts in them are what is read; the rest says little.
    name = chance.choice([*parts, *[each for each in parts if "sheet" in each or "Strings" in each] * 4])
    parts[name] = atheris.Mutate(parts[name], min(len(parts[name]) * 2 + 64, size_max))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, part in parts.items():
            archive.writestr(zipfile.ZipInfo(each), part)
    return packed.getvalue()[:size_max]


def main() -> None:
    name, faults, *options = sys.argv[1:]
    only = None if name == "any" else name
    custom = {"custom_mutator": mutated_workbook} if name == "XLSX" else {}
    fuzzed = Fuzzed(only, Path(faults), Path(faults) / "input")
    atheris.Setup([sys.argv[0], *options], fuzzed, **custom)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
