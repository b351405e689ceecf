"""Other ledgers beside Fluxo: what is kept of an answer, and how the table says it."""

import math
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks import pgbench
from benchmarks.peers import peer
from benchmarks.peers.__main__ import kept_of
from benchmarks.peers.peer import MEASURES, Measure
from benchmarks.report import PEER_COLUMNS, peer_rows, report
from benchmarks.results import Run
from benchmarks.tools import NotOnThisMachineError, SystemFailedError

LEDGER = {
    "name": "A ledger",
    "version": "1.2.3",
    "differs": "It keeps no days.",
    "entries": 100_000,
    "rounds": [],
    "medians": {"entries_per_s": 257.4, "entries_p99_ms": 1_870.0, "entries_errors": 12.0, "lone_entry_p50_ms": 4.25},
}
MEASURED = {
    "began": "2026-11-29T02:00:00+00:00",
    "commit": "abcdef12",
    "rounds": 3,
    "seconds": 3.0,
    "entries": 100_000,
    "peers": [LEDGER],
    "left_out": {"Another": "its program is not on this machine."},
}


@dataclass(frozen=True)
class Answers:
    per_s: float = 10.0
    p50_ms: float = 4.0
    p99_ms: float = 9.0
    errors: int = 0


def run(peers: dict[str, Any]) -> Run:
    return Run("2026-11-24T08:00:00+00:00", 60.0, "abcdef12", {}, {}, {}, peers=peers)


def test_a_row_has_what_was_measured_with_its_tail_and_its_errors_and_says_what_is_not_comparable():
    lines = list(peer_rows(MEASURED))
    assert lines[2] == ("| A ledger 1.2.3 | 257/s (p99 1,870.00 ms, errors 12) | – | 4.25 ms | – | – | – | – |")
    assert lines[4:] == [
        "- **A ledger** 1.2.3: It keeps no days.",
        "- **Another** is left out: its program is not on this machine.",
    ]


def test_every_column_is_a_figure_that_is_kept():
    kept = {(measure.name, figure) for measure in MEASURES for figure in measure.figures}
    assert set(PEER_COLUMNS.values()) <= kept


def test_the_page_has_the_table_where_the_results_have_peers(tmp_path):
    run(MEASURED).save(tmp_path / "results.json")
    page = report(Run.load(tmp_path / "results.json"), "results.json")
    assert "## Other ledgers beside it" in page
    assert "began 2026-11-29T02:00:00+00:00 at commit abcdef12: 3 rounds, 3 s for" in page
    assert "a year of 100,000\nentries" in page
    assert "\n".join(peer_rows(MEASURED)) in page


def test_the_page_says_nothing_of_peers_that_were_not_measured():
    assert "Other ledgers" not in report(run({}), "results.json")


def test_a_measure_keeps_its_figures_and_the_errors_where_there_were_some():
    measure = Measure("entries", "entry", 64, ("per_s", "p99_ms"))
    assert kept_of(measure, Answers()) == {"entries_per_s": 10.0, "entries_p99_ms": 9.0}
    assert kept_of(measure, Answers(errors=2))["entries_errors"] == 2
    assert kept_of(measure, Answers(per_s=0.0, p99_ms=math.nan)) == {"entries_per_s": 0.0}


def test_a_peer_is_found_with_its_version_and_one_that_is_not_there_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(peer, "PROGRAMS", tmp_path)
    with pytest.raises(NotOnThisMachineError, match="blnk-VERSION/blnk is not on this machine; see https://example"):
        peer.installed("blnk", "blnk", "https://example.com")
    program = tmp_path / "blnk-0.15.2" / "blnk"
    program.parent.mkdir()
    program.touch()
    assert peer.installed("blnk", "blnk", "https://example.com") == (program, "0.15.2")


def test_what_pgbench_printed_becomes_a_rate_and_its_log_percentiles():
    printed = "number of transactions actually processed: 4\nlatency average = 2.500 ms\ntps = 400.125 (without …)\n"
    latencies = pgbench.latencies_ms(
        ["0 1 1000 0 1700000000 5\n0 2 4000 0 1700000000 9\n", "1 1 2000 0 1 1\n1 2 3000 0 1 2\n"]
    )
    assert latencies == [1.0, 2.0, 3.0, 4.0]
    assert pgbench.result(printed, latencies) == pgbench.PgbenchResult(400.125, 2.5, 2.0, 4.0)


def test_pgbench_without_a_transaction_in_time_has_a_rate_of_none():
    found = pgbench.result("number of transactions actually processed: 0\n", [])
    assert (found.per_s, math.isnan(found.mean_ms)) == (0.0, True)


def test_pgbench_that_printed_neither_has_failed():
    with pytest.raises(SystemFailedError, match="connection refused"):
        pgbench.result("connection refused", [])
