"""Somebody who stops a long run keeps what it has measured."""

import sys

import pytest

from benchmarks import __main__ as command
from benchmarks.results import Run
from benchmarks.scenario import Round, Scenario


def interrupted(_bench):
    raise KeyboardInterrupt


SCENARIOS = {
    "first": Scenario("first", "The first", "As it is done.", lambda _: iter([Round({"p50_ms": 1.0})])),
    "second": Scenario("second", "The second", "As it is done.", interrupted),
    "third": Scenario("third", "The third", "As it is done.", lambda _: pytest.fail("it was to stop")),
}


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Run the command for all scenarios; returns its exit status and the results files with what each holds."""
    page = tmp_path / "page.md"
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)

    def run(scenarios):
        monkeypatch.setattr(command, "SCENARIOS", scenarios)
        monkeypatch.setattr(sys, "argv", ["python -m benchmarks"])
        status = command.main()
        assert not page.exists()
        return status, [[each["name"] for each in Run.load(file).scenarios] for file in tmp_path.glob("*.json")]

    return run


def test_what_was_measured_before_is_kept_and_the_page_is_not_made_from_a_part(measured, capsys):
    assert measured(SCENARIOS) == (command.INTERRUPTED, [["first"]])
    assert "second: interrupted" in capsys.readouterr().err


def test_nothing_is_kept_of_nothing(measured):
    assert measured({"second": SCENARIOS["second"]}) == (command.INTERRUPTED, [])
