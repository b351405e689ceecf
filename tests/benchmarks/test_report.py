"""The page says what the results file holds, and nothing else."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import orjson
import pytest

from benchmarks.cluster import sizing
from benchmarks.plots import curves
from benchmarks.report import pictures, report, write_report
from benchmarks.results import Run, outcome
from benchmarks.scenario import Round, Scenario, Series, Target
from benchmarks.scenarios import SCENARIOS
from benchmarks.table import print_table
from benchmarks.wording import figure_in_words, name_in_words, target_in_words


def scenario(**changes: object) -> Scenario:
    told = {
        "name": "replicas",
        "title": "Recording",
        "method": "As it is done.",
        "measure": lambda _: iter(()),
        "targets": (Target("p99_ms", at_most=25), Target("ratio_to_pgbench", at_least=0.5)),
        "x_axis": "entries",
        "y_axis": "MB",
    }
    return Scenario(**(told | changes))


ROUNDS = [
    Round(
        {"ratio_to_pgbench": ratio, "p99_ms": p99_ms, "entries_per_s": 1_000 * ratio, "errors": 0},
        {"entry through nginx, 2 replicas": {"entries-api": 80.0 + p99_ms, "entries-relay": 7.0}},
        (Series("entries-api-1", [(0, 50), (1_000, 60 + p99_ms)]),),
    )
    for ratio, p99_ms in ((0.4, 31.0), (0.6, 22.0), (0.9, 29.0))
]


@pytest.fixture
def run() -> Run:
    found = Run(
        began="2026-11-24T08:00:00+00:00",
        seconds=1_800.0,
        commit="abcdef12",
        machine={"cpu": "A processor", "cores": 2},
        versions={"Python": "3.11.9"},
        options={"rounds": 3, "backlog_events": 1_000_000, "quick": False},
        scenarios=[
            outcome(scenario(), ROUNDS, seconds=12.3),
            outcome(scenario(name="cache-get"), [], seconds=0.0, not_run="redis-benchmark is not on this machine"),
        ],
    )
    found.cluster = sizing(found.scenarios)
    return found


def test_a_target_is_judged_by_the_median_of_the_rounds(run: Run):
    p99, ratio = run.scenarios[0]["targets"]
    assert (p99["measured"], p99["met"]) == (29.0, False)
    assert (ratio["measured"], ratio["met"]) == (0.6, True)


def test_two_trees_are_compared_round_by_round(run: Run):
    run.comparisons = [
        {
            "title": "With walls and without",
            "before": "abcdef12",
            "now": "12abcdef",
            "rounds": 3,
            "seconds": 4.0,
            "figures": [
                {"what": "Writes", "unit": "entries_per_s", "before": [1_000, 2_000, 4_000], "now": [990, 2_100, 3_200]}
            ],
        }
    ]
    page = report(run, "results.json")
    assert "## With walls and without" in page
    assert "| | abcdef12 | 12abcdef | ratio | least | most |" in page
    assert "| Writes | 2,000/s | 2,100/s | 0.99 × | 0.80 × | 1.05 × |" in page


def test_a_target_that_was_not_measured_is_neither_met_nor_missed():
    (target,) = outcome(scenario(targets=(Target("other_ms", at_most=1),)), ROUNDS, seconds=1.0)["targets"]
    assert (target["measured"], target["met"]) == (None, None)


def test_a_percentile_of_no_answers_is_left_out_and_meets_no_target(run: Run, tmp_path):
    found = outcome(scenario(), [Round({"p99_ms": float("nan"), "errors": 12})], seconds=1.0)
    assert found["medians"] == {"errors": 12}
    assert found["targets"][0]["met"] is None
    run.scenarios.append(found)
    run.save(tmp_path / "results.json")
    assert report(Run.load(tmp_path / "results.json"), "results.json") == report(run, "results.json")


def test_what_is_no_number_meets_no_target():
    assert not Target("p99_ms", at_most=1).is_met(float("nan"))
    assert not Target("per_s", at_least=1).is_met(float("nan"))


def test_the_page_shows_target_beside_measured_ratios_first(run: Run):
    page = report(run, "results.json")
    rows = [line for line in page.splitlines() if (line.startswith("| ") and "≤" in line) or "≥" in line]
    assert rows == [
        "| [Recording](#replicas) | ratio to pgbench | 0.60 × | ≥ 0.50 × | met |",
        "|  | p99 | 29.00 ms | ≤ 25.00 ms | **missed** |",
    ]
    assert "1 of 2 targets were met" in page
    assert "| ratio to pgbench | 0.60 × | 0.40 × | 0.90 × |" in page
    assert "Not run: `cache-get`, redis-benchmark is not on this machine." in page


def test_the_cluster_is_computed_from_the_cost_of_a_request(run: Run):
    (writes,) = run.cluster
    # 109 + 7 µs for each of 10,000 a second, on cores that are 60 % busy.
    assert writes["cores"] == pytest.approx(10_000 * (109.0 + 7.0) / 1e6 / 0.6)
    assert "**10,000 writes a second**: 1.9 cores" in report(run, "results.json")


def test_every_figure_on_the_page_is_in_the_file(run: Run):
    """Whatever is a number in the page's tables and sentences is one of the file's, or stands in the template."""
    page, empty = report(run, "results.json"), report(_without_results(run), "results.json")
    known = (
        {figure_in_words(name, value) for name, value in _figures(run)} | {name for name, _ in _figures(run)} | {empty}
    )
    numbers = {number for word in known for number in re.findall(r"[\d,.]*\d", word)}
    assert set(re.findall(r"[\d,.]*\d", page)) <= numbers


def _without_results(run: Run) -> Run:
    return Run(run.began, run.seconds, run.commit, run.machine, run.versions, run.options)


def _figures(run: Run) -> Iterator[tuple[str, float]]:
    for each in run.scenarios:
        yield "count", len(each["rounds"])
        for found in each["rounds"]:
            yield from found["figures"].items()
        for target in each["targets"]:
            for side in ("at_least", "at_most"):
                if target[side] is not None:
                    yield target["figure"], target[side]
            yield "met", sum(bool(target["met"]) for target in each["targets"])
            yield "targets", len(each["targets"])
        for roles in each["cpu_us"].values():
            yield from (("cpu_us", cpu_us) for cpu_us in (*roles.values(), sum(roles.values())))
    for load in run.cluster:
        yield "rate", load["per_s"]
        yield "cores_us", load["cores"]
        yield "utilisation", load["utilisation"] * 100
        for role in load["roles"]:
            yield "cores_ms", role["cores"]


def test_the_page_and_its_pictures_replace_those_of_an_earlier_run(run: Run, tmp_path):
    stale = tmp_path / "performance" / "stale.svg"
    stale.parent.mkdir()
    stale.write_text("old")
    write_report(run, tmp_path / "performance.md", "results.json")
    names = {path.name for path in stale.parent.iterdir()}
    assert names == {"targets.svg", "replicas.svg"}
    shown = re.findall(r"!\[.*?\]\((.*?)\)", (tmp_path / "performance.md").read_text())
    assert set(shown) == {f"performance/{name}" for name in names}


def test_pictures_are_well_formed_and_small(run: Run):
    for picture in pictures(run).values():
        ET.fromstring(picture)  # noqa: S314 - our own
        assert len(picture) < 20_000


def test_a_curve_is_drawn_to_scale():
    points = re.search(r'points="(.*?)"', curves("t", "x", "y", {"a": [(0, 0), (5, 100), (10, 50)]})).group(1)
    assert points == "80.0,316.0 320.0,52.0 560.0,184.0"


def test_the_results_are_plain_json(run: Run, tmp_path):
    run.save(tmp_path / "results.json")
    assert (
        orjson.loads((tmp_path / "results.json").read_bytes())["scenarios"][0]["rounds"][0]["figures"]["p99_ms"] == 31
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ratio_to_nginx", 0.4567, "0.46 ×"),
        ("reads_per_s", 12_345.6, "12,346/s"),
        ("p99_ms", 4.2, "4.20 ms"),
        ("failed_percent", 0.05, "0.05 %"),
        ("errors", 0, "0"),
        ("p99_ms", None, "–"),
        ("p99_ms", float("nan"), "–"),
    ],
)
def test_a_figure_is_shown_with_the_unit_in_its_name(name, value, words):
    assert figure_in_words(name, value) == words


def test_names_and_targets_are_words():
    assert name_in_words("p99_of_1_year_ms") == "p99 of 1 year"
    assert name_in_words("reads_per_s") == "reads a second"
    target = {"figure": "ratio", "at_least": 0.3, "at_most": None}
    assert target_in_words(target) == "≥ 0.30 ×"


def test_the_table_is_printed(run: Run, capsys):
    print_table(run)
    shown = capsys.readouterr().out
    assert "missed" in shown
    assert "redis-benchmark is not on this machine" in shown


def test_every_scenario_says_what_it_does():
    for name, each in SCENARIOS.items():
        assert re.fullmatch(r"[a-z-]+", name)
        assert each.title
        assert len(each.method) > 50


def test_what_was_measured_again_takes_the_place_of_what_was_not_and_says_so(run: Run):
    again = Run("2026-11-25T09:00:00+00:00", 60.0, "fedcba98", {}, {}, {})
    again.scenarios = [
        outcome(scenario(name=name, title="Getting"), ROUNDS, seconds=3.0) for name in ("cache-get", "not-there-yet")
    ]
    assert "Not run: `cache-get`" in report(run, "r.json")
    run.take_over(again)
    page = report(run, "r.json")
    assert [each["name"] for each in run.scenarios] == ["replicas", "cache-get", "not-there-yet"]
    assert "Not run" not in page
    assert page.count("Measured again later, with a run that began 2026-11-25T09:00:00+00:00, at commit fedcba98.") == 2
