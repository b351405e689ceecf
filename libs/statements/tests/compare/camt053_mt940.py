"""The samples of camt.053 and MT940 as other libraries read them, against what is expected here; run by hand.

    python -m venv VENV && VENV/bin/pip install mt-940==5.1.1 bankstatementparser==0.0.29 camt053==0.0.23
    VENV/bin/python libs/statements/tests/compare/camt053_mt940.py

What differs, and why, stands in docs/operating/statements.md.
"""

import json
import logging
import warnings
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import mt940
from bankstatementparser import CamtParser, Mt940Parser
from camt053 import parse_document

SAMPLES = Path(__file__).parents[1] / "samples"
Lines = list[tuple[str, str]]
"""Of each line that moves money, day and signed amount."""


def line(day: Any, amount: Any) -> tuple[str, str]:
    return (day if isinstance(day, date) else date.fromisoformat(str(day)[:10])).isoformat(), f"{Decimal(amount):.2f}"


def expected(sample: Path) -> Lines | None:
    items = json.loads(sample.with_name(f"{sample.name}.expected.json").read_text())
    if isinstance(items, dict):
        return None
    lines = (each["StatementLine"] for each in items if "StatementLine" in each)
    return [(each["booked_on"], f"{Decimal(each['amount_minor']) / 100:.2f}") for each in lines]


def by_mt940_at_its_best(sample: Path) -> Iterable[tuple[str, str]]:
    for statement in mt940.parse_statements(sample, options=mt940.Options.all()):
        for each in statement:
            yield line(each.data.get("entry_date") or each.data["date"], each.data["amount"].amount)


def by_mt940(sample: Path) -> Iterable[tuple[str, str]]:
    for each in mt940.parse(sample):
        yield line(each.data.get("entry_date") or each.data["date"], each.data["amount"].amount)


def by_bankstatementparser_mt940(sample: Path) -> Iterable[tuple[str, str]]:
    for each in Mt940Parser(sample).parse().to_dict("records"):
        yield line(each["date"], each["amount"])


def by_bankstatementparser_camt(sample: Path) -> Iterable[tuple[str, str]]:
    for each in CamtParser(str(sample)).parse().to_dict("records"):
        yield line(each["BookgDt"] if "BookgDt" in each else each["ValDt"], each["Amount"])


def by_camt053(sample: Path) -> Iterable[tuple[str, str]]:
    data = sample.read_bytes()
    code = "utf-16" if data.startswith(b"\xff\xfe") else "latin-1" if b"ISO-8859-1" in data[:60] else "utf-8"
    for statement in parse_document(data.decode(code)).statements:
        for each in statement.entries:
            amount = Decimal(each.amount) * (-1 if each.credit_debit_indicator == "DBIT" else 1)
            yield line(each.booking_date or each.value_date, amount)


READERS: dict[str, list[Callable[[Path], Iterable[tuple[str, str]]]]] = {
    "camt053": [by_bankstatementparser_camt, by_camt053],
    "mt940": [by_mt940_at_its_best, by_mt940, by_bankstatementparser_mt940],
}


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for folder, readers in READERS.items():
        for sample in sorted(each for each in (SAMPLES / folder).iterdir() if not each.name.endswith(".json")):
            for read in readers:
                ours = expected(sample)
                theirs: Lines | str
                try:
                    theirs = list(read(sample))
                except Exception as error:  # noqa: BLE001 - whatever they raise is a finding
                    theirs = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:80]}"
                if theirs != ours and not (ours is None and isinstance(theirs, str)):
                    print(f"{folder}/{sample.name}: {read.__name__}\n    {theirs}\n    here: {ours or 'refused'}")  # noqa: T201


if __name__ == "__main__":
    main()
