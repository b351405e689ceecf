"""SECURITY.md names a test for each threat, and the test is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "SECURITY.md").read_text().partition("| threat | wall | test |\n|---|---|---|\n")[2]
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLE.partition("\n\n")[0].splitlines()]


def test_there_is_a_table_of_threats():
    assert len(ROWS) > 20
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_stands_against_a_threat_is_tested(row):
    threat, wall, tests = row
    assert threat
    assert wall
    named = tests.split(", ")
    for each in named:
        path, name = re.fullmatch(r"`([a-z0-9_/]+/test_[a-z0-9_]+\.py)(?:::(test_[a-z0-9_]+))?`", each).groups()
        found = re.findall(r"(?m)^(?:async )?def (test_\w+)", (ROOT / path).read_text())
        assert name in found if name else found
