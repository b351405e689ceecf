import io
from datetime import UTC, datetime

import pytest
from fluxo_cli.commands.dead_letters import _sentence
from fluxo_cli.output.dead_letter_rendering import event_text, letter_sheet, letters_table
from rich.console import Console

BURIED_AT = "2026-11-22T14:00:00.123000Z"
LETTER = {
    "id": "1795392809969-0",
    "buried_at": BURIED_AT,
    "reason": "It is \x1b[31mgarbage.",
    "stream_id": "281474976710656-7",
    "deliveries": 8,
    "redrives": 2,
    "redriven_at": "2026-11-22T15:00:00Z",
    "entry_id": None,
    "merchant_id": "pada\u202eria",
    "recorded_at": None,
    "sha256": "ab" * 32,
}


def shown(table) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(table)
    return out.getvalue()


@pytest.mark.parametrize(
    ("now", "age"),
    [
        ((2026, 11, 22, 14, 0, 30), "1 min"),
        ((2026, 11, 22, 14, 59, 59), "59 min"),
        ((2026, 11, 22, 16, 0, 1), "2 h"),
        ((2026, 11, 25, 14, 0, 1), "3 d"),
    ],
)
def test_a_letter_shows_its_age_in_the_largest_unit(now, age):
    assert age in shown(letters_table([LETTER], datetime(*now, tzinfo=UTC)))


def test_what_others_wrote_cannot_repaint_the_terminal():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for text in (
        shown(letters_table([LETTER], now)),
        shown(letter_sheet(LETTER, now)),
        event_text('{"a": "\x1b[31m\x07"'),
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_history_of_a_letter_tells_its_tries():
    sheet = shown(letter_sheet(LETTER, datetime(2026, 11, 23, 13, 0, 1, tzinfo=UTC)))
    assert "2026-11-22 14:00:00Z (23 h ago)" in sheet
    assert "2, last 2026-11-22 15:00:00Z" in sheet


def test_an_event_is_indented_when_it_is_json_and_shown_as_it_came_when_not():
    assert event_text('{"id":"1"}') == '{\n  "id": "1"\n}'
    assert event_text("\\xffgarbage") == "\\xffgarbage"
    assert event_text(None) == "There is no event in it."


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"outcome": "applied", "reason": None}, "applied to the balances."),
        ({"outcome": "applied-before", "reason": None}, "was applied before; the letter is gone now."),
        ({"outcome": "skipped", "reason": "Nobody reads it."}, "Nobody reads it. The letter is gone now."),
        ({"outcome": "failed", "reason": "It is \x1b[31mgarbage."}, "stays. It is "),
        ({"outcome": "missing"}, "there is no such letter."),
    ],
)
def test_what_became_of_a_letter_is_said_in_a_sentence(answer, says):
    assert _sentence(answer).startswith(says)
    assert "\x1b" not in _sentence(answer)
