"""What other libraries make of the samples, beside what is read here; run by hand, for docs/operating/statements.md.

.venv/bin/uv run --with ofxparse==0.21 --with ofx-br==0.1.0 --with ofxtools==1.1.1 --with python3-cnab==1.0.11 \
    libs/statements/tests/compare/other_readers.py
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import ofxbr
from cnab240.bancos import bradesco
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.ofx_amounts import ofx_amount
from fluxo_statements.model import StatementBalance, StatementLine, Terms
from fluxo_statements.recognise import read_statement
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

SAMPLES = Path(__file__).parents[1] / "samples"
BRL = Terms("BRL", 2)
Line = tuple[str, int, str]  # the day or "balance", the amount in cents, the text
Reader = Callable[[Path], Iterator[Line]]


def fluxo(path: Path) -> Iterator[Line]:
    for item in read_statement(path, BRL):
        if isinstance(item, StatementLine):
            yield item.booked_on.isoformat(), item.amount_minor, item.description
        elif isinstance(item, StatementBalance) and item.place.name.startswith("LEDGERBAL"):
            yield "balance", item.amount_minor, ""


def ofxparse(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for account in OfxParser.parse(file).accounts:
            for line in account.statement.transactions:
                yield line.date.date().isoformat(), cents(line.amount), f"{line.payee} {line.memo}"
            if hasattr(account.statement, "balance"):
                yield "balance", cents(account.statement.balance), ""


def ofx_br(path: Path) -> Iterator[Line]:
    for statement in ofxbr.parse_file(path).statements:
        for line in statement.transactions:
            yield line.posted_at.date().isoformat(), cents(line.amount), f"{line.payee} {line.memo}"
        if statement.ledger_balance is not None:
            yield "balance", cents(statement.ledger_balance), ""


def ofxtools(path: Path) -> Iterator[Line]:
    """Its tree, in which entities still stand as they were written: `convert()` refuses more files."""
    tree = OFXTree()
    tree.parse(str(path))
    for name in ("STMTRS", "CCSTMTRS"):
        for statement in tree.iter(name):
            for line in statement.iter("STMTTRN"):
                day = line.findtext("DTPOSTED")
                text = f"{line.findtext('NAME') or ''} {line.findtext('MEMO') or ''}"
                yield f"{day[:4]}-{day[4:6]}-{day[6:8]}", ofx_amount(line.findtext("TRNAMT"), BRL), text
            if (balance := statement.findtext("LEDGERBAL/BALAMT")) is not None:
                yield "balance", ofx_amount(balance, BRL), ""


def python3_cnab(path: Path) -> Iterator[Line]:
    for text in path.read_text("latin-1").splitlines():
        if text[7] == "3" and text[13] == "E":
            record = bradesco.registros.SegmentoE()
            record.carregar(text)
            day = f"{record.lancamento_data:08d}"
            minor = {"C": 1, "D": -1}[record.lancamento_tipo] * cents(record.lancamento_valor)
            yield f"{day[4:]}-{day[2:4]}-{day[:2]}", minor, record.historico


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def lines(reader: Reader, path: Path) -> list[Line] | str:
    try:
        return list(reader(path))
    except UnreadableFileError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - what it is stands in the table
        return f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"


def difference(ours: list[Line] | str, theirs: list[Line] | str) -> str:
    if isinstance(ours, str) or isinstance(theirs, str):
        return "same" if ours == theirs else (theirs if isinstance(theirs, str) else f"{len(theirs)} lines")
    money, other = Counter(line[:2] for line in ours), Counter(line[:2] for line in theirs)
    said = [f"lacks {day} {minor}" for day, minor in (money - other).elements()]
    said += [f"has {day} {minor}" for day, minor in (other - money).elements()]
    if not said:
        pairs = zip(sorted(ours), sorted(theirs), strict=True)
        said = [
            f"text {theirs[2].strip()!r}" for ours, theirs in pairs if set(ours[2].split()) != set(theirs[2].split())
        ]
    return "; ".join(said[:3]) + (f"; {len(said) - 3} more" if len(said) > 3 else "") or "same"


def table(folder: str, readers: list[Reader]) -> None:
    names = " | ".join(reader.__name__ for reader in readers)
    sys.stdout.write(f"\n| {folder} | {names} |\n|---|{'---|' * len(readers)}\n")
    for path in sorted((SAMPLES / folder).iterdir()):
        if not path.name.endswith(".json"):
            ours = lines(fluxo, path)
            cells = [difference(ours, lines(reader, path)).replace("|", "/") for reader in readers]
            sys.stdout.write(f"| `{path.name}` | {' | '.join(cells)} |\n")


if __name__ == "__main__":
    table("ofx", [ofxparse, ofx_br, ofxtools])
    table("cnab240", [python3_cnab])
