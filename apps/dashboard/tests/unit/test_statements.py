"""What is said of a file that was read is said in the language of the page."""

import json
from pathlib import Path

import pytest
from fluxo_dashboard.language.languages import ENGLISH, PORTUGUESE
from fluxo_dashboard.language.statements import say_of_file

SAMPLES = Path(__file__).parents[4] / "libs/statements/tests/samples"


def guessed(expected):
    """Yield what was guessed anywhere in a sample's expected lines."""
    for each in expected.values() if isinstance(expected, dict) else expected:
        if isinstance(each, dict | list):
            yield from guessed(each)
    if isinstance(expected, dict):
        yield from expected.get("guessed", [])


GUESSED = sorted({said for file in SAMPLES.rglob("*.expected.json") for said in guessed(json.loads(file.read_text()))})


def test_there_are_samples_of_it():
    assert len(GUESSED) > 15


@pytest.mark.parametrize("sentence", GUESSED)
def test_what_was_guessed_is_said_in_portuguese(sentence):
    assert say_of_file(sentence, PORTUGUESE) != sentence
    assert say_of_file(sentence, ENGLISH) == sentence


@pytest.mark.parametrize(
    ("said", "portuguese"),
    [
        ("line 12", "linha 12"),
        ("row 3 of Extrato", "linha 3 de Extrato"),
        ("The columns are those of Nubank's card.", "Colunas reconhecidas: cartão do Nubank."),
        ("STMTTRN 4", "STMTTRN 4"),
        ("A new sentence.", "A new sentence."),
        ("The cell holds %(x)s, rounded to 1.00.", "A célula contém %(x)s, arredondado para 1.00."),
    ],
)
def test_what_stands_in_the_file_stays_as_it_is(said, portuguese):
    assert say_of_file(said, PORTUGUESE) == portuguese
