import io
import time

import pytest
from fluxo_cli.output.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def standard_error(monkeypatch, file):
    # Not in a fixture: between a fixture and its test, pytest puts a standard error of its own there.
    monkeypatch.setattr("sys.stderr", file)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return file


def await_shown(terminal, text):
    deadline = time.monotonic() + 60
    while text not in terminal.getvalue():
        assert time.monotonic() < deadline, terminal.getvalue()
        time.sleep(0.02)


@pytest.mark.parametrize(("total", "shown"), [(25_000, "10,000 of 25,000 entries"), (None, "10,000 entries")])
def test_what_takes_its_time_is_shown_with_how_far_it_is(monkeypatch, total, shown):
    terminal = standard_error(monkeypatch, Terminal())
    monkeypatch.setattr("fluxo_cli.output.progress._SHOWN_AFTER_S", 0.0)
    with progress("Recording") as report:
        report(10_000, total)
        await_shown(terminal, shown)


def test_what_is_done_at_once_shows_nothing(monkeypatch):
    terminal = standard_error(monkeypatch, Terminal())
    monkeypatch.setattr("fluxo_cli.output.progress._SHOWN_AFTER_S", 60.0)
    with progress("Recording") as report:
        report(10_000, 25_000)
    assert terminal.getvalue() == ""


def test_a_file_gets_no_bar(monkeypatch):
    file = standard_error(monkeypatch, io.StringIO())
    monkeypatch.setattr("fluxo_cli.output.progress._SHOWN_AFTER_S", 0.0)
    with progress("Recording") as report:
        report(1, 2)
    assert file.getvalue() == ""
