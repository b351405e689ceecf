"""What fuzzing holds the readers against: it misses a line that a reader would lose, and nothing that none lost."""

from pathlib import Path

import pytest
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import StatementLine, Terms
from fluxo_statements.recognise import recognise

from libs.statements.tests.fuzz.counting import lost

BRL = Terms("BRL", 2)
FOLDER = Path(__file__).parents[1] / "samples"


def read(sample):
    try:
        form = recognise(sample)
        return form.name, list(form.read(sample, BRL))
    except UnreadableFileError:
        return None, []


READABLE = {
    f"{sample.parent.name}/{sample.name}": (sample, *said)
    for sample in sorted(FOLDER.glob("*/*"))
    if not sample.name.endswith(".json") and (said := read(sample))[0] is not None
}


@pytest.mark.parametrize("name", READABLE)
def test_no_line_of_a_sample_is_missed(name):
    sample, form, items = READABLE[name]
    assert lost(form, sample, items, BRL) == []


@pytest.mark.parametrize("form", ["OFX", "CNAB 240", "camt.053", "MT940", "XLSX", "CSV"])
def test_a_line_that_a_reader_loses_is_missed(form):
    lines = missed = 0
    for sample, of, items in READABLE.values():
        for item in items if of == form else ():
            if isinstance(item, StatementLine):
                others = [each for each in items if each.place != item.place]
                lines, missed = lines + 1, missed + bool(lost(form, sample, others, BRL))
    assert missed > lines / 2
