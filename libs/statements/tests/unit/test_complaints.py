"""Each sentence about an unreadable line has a code, which programs and other languages go by."""

import json
from pathlib import Path

import pytest
from fluxo_statements.complaints import CODES, OTHER, code_of

SAMPLES = Path(__file__).parents[1] / "samples"


def sentences():
    for path in sorted(SAMPLES.rglob("*.expected.json")):
        expected = json.loads(path.read_text())
        for item in expected if isinstance(expected, list) else ():
            if "UnreadableLine" in item:
                yield item["UnreadableLine"]["reason"]


def test_every_sentence_of_the_samples_has_a_code_of_its_own():
    found = {sentence: code_of(sentence) for sentence in sentences()}
    assert [sentence for sentence, code in found.items() if code == OTHER] == []
    never_in_a_sample = {OTHER, "in_and_out"}
    assert set(CODES) - set(found.values()) <= never_in_a_sample


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("It has an amount that came in and one that went out.", "in_and_out"),
        ("'It has no date' is no amount.", "not_an_amount"),
        ("The closing balance: '0411AAAA' in columns 143 to 150 is no date; DDMMYYYY was expected.", "not_a_date"),
        ("It is odd.", OTHER),
    ],
)
def test_what_a_sentence_quotes_says_nothing(sentence, code):
    assert code_of(sentence) == code
