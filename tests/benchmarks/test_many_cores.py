"""A curve of replicas needs cores: below eight it says so, and takes no system up."""

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.report import report
from benchmarks.results import Run
from benchmarks.scenario import Bench, Pace, Round
from benchmarks.scenarios import many_cores
from benchmarks.tools import Tool


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(Tool, "path", lambda _: "/usr/bin/tool")
    return lambda count: monkeypatch.setattr(many_cores, "usable_cores", lambda: count)


@pytest.mark.parametrize("count", [0.5, 2, 7.9])
def test_below_eight_cores_it_is_left_out_with_that_reason(cores, monkeypatch, capsys, count):
    cores(count)
    monkeypatch.setattr(Bench, "start", lambda *_: pytest.fail("nothing is to be started"))
    run = Run("2026-11-28T08:00:00+00:00", 1.0, "abcdef12", {}, {}, {})
    assert benchmarks._measure(run, [many_cores.SCENARIO], Pace()), "left out is not failed"
    reason = f"this machine has {int(count)} cores, and it takes 8"
    assert f"many-cores: not run, {reason}" in capsys.readouterr().err
    assert f"Not run: `many-cores`, {reason}" in report(run, "results.json")


@pytest.mark.parametrize(
    ("count", "expected"), [(8, [1, 2, 4, 6]), (10, [1, 2, 4, 5, 6, 8]), (16, [1, 2, 4, 6, 8, 12])]
)
def test_it_measures_the_default_and_as_many_as_there_are_cores_for(cores, monkeypatch, count, expected):
    cores(count)
    asked = []

    def curve(_bench, _number, counts, load):
        asked.append((counts, load.threads))
        return Round({f"writes_with_{replicas}_per_s": 1_000.0 * min(replicas, 4) for replicas in counts})

    monkeypatch.setattr(many_cores, "curve", curve)
    (measured,) = many_cores.measure(Bench(Pace(rounds=1), lambda _: None))
    assert asked == [(expected, count // 4)]
    assert measured.figures["default_replicas"] == count // 2
    assert measured.figures["ratio_of_writes_by_default_to_the_best"] == 1.0
    assert measured.figures["ratio_of_writes_with_the_most_to_the_best"] == 1.0
