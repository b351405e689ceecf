"""Every file of `tests/samples` reads as `NAME.expected.json` beside it says: its items, or `{"error": sentence}`.

A sample is a file in the folder of its format, whose name says what is odd about it. The items stand there as
`python -m fluxo_statements` prints them, each checked by eye against the sample.
"""

from pathlib import Path

import msgspec
import pytest
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import Terms
from fluxo_statements.recognise import read_statement

FOLDER = Path(__file__).parents[1] / "samples"
SAMPLES = sorted(path for path in FOLDER.glob("*/*") if not path.name.endswith(".expected.json"))
TERMS = Terms(currency="BRL", decimals=2)


def what_is_in(path: Path):
    try:
        items = [{type(item).__name__: item._asdict()} for item in read_statement(path, TERMS)]
    except UnreadableFileError as error:
        return {"error": str(error)}
    return msgspec.json.decode(msgspec.json.encode(items))


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{path.parent.name}/{path.name}" for path in SAMPLES])
def test_a_sample_reads_as_the_file_beside_it_says(sample):
    expected = msgspec.json.decode(sample.with_name(f"{sample.name}.expected.json").read_bytes())
    assert what_is_in(sample) == expected


def test_nothing_stands_among_the_samples_but_samples_and_what_they_say():
    expectations = {path.name.removesuffix(".expected.json") for path in FOLDER.glob("*/*.expected.json")}
    assert {path.name for path in SAMPLES} == expectations
