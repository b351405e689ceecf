"""`fluxo verify` against services whose `totals` are small scripts, found before the installed ones."""

import json
import textwrap
from datetime import date
from pathlib import Path

import pytest
from fluxo_cli.commands.verify import reconcile
from fluxo_cli.operations.reconciliation import Window
from fluxo_cli.operations.totals import SideUnavailableError

ENTRIES = [
    {"merchant_id": "padaria", "date": "2026-11-21", "credits_minor": 10000, "debits_minor": 0, "entry_count": 2},
    {"merchant_id": "padaria", "date": "2026-11-22", "credits_minor": 0, "debits_minor": 2550, "entry_count": 1},
]
BALANCES = [
    ENTRIES[0] | {"opening_minor": 0, "closing_minor": 10000},
    ENTRIES[1] | {"opening_minor": 10000, "closing_minor": 7450},
]
CATEGORY = {
    "merchant_id": "padaria",
    "month": "2026-11-01",
    "category": "vendas",
    "credits_minor": 10000,
    "debits_minor": 2550,
    "entry_count": 3,
}
CUT_OFF = '{"since":"019aac6e-0000-0000-0000-000000000000","applied":[]}'


class FakeServices:
    """Packages `fluxo_entries` and `fluxo_balances` that keep the arguments of each run and print given days."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()

    def program(self, package: str, code: str) -> None:
        (self.directory / f"{package}.py").write_text(textwrap.dedent(code))

    def prints(self, package: str, *runs: list[dict[str, object]]) -> None:
        """The first run prints the first list, the second the second; the last stays."""
        log = self.directory / f"{package}.log"
        self.program(
            package,
            f"""
            import json, sys
            with open({str(log)!r}, "a+") as log:
                log.seek(0)
                earlier = len(log.readlines())
                log.write(" ".join(sys.argv[1:]) + sys.stdin.read().strip() + "\\n")
            runs = {runs!r}
            if {package!r} == "fluxo_balances":
                print({CUT_OFF!r})
            for day in runs[min(earlier, len(runs) - 1)]:
                print(json.dumps(day))
            """,
        )

    def runs(self, package: str) -> list[str]:
        return (self.directory / f"{package}.log").read_text().splitlines()


class Clock:
    """Nothing takes time but to sleep."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def services(tmp_path, monkeypatch) -> FakeServices:
    monkeypatch.setattr("fluxo_cli.commands.verify.time", Clock())
    fake = FakeServices(tmp_path / "services")
    monkeypatch.setenv("PYTHONPATH", str(fake.directory))
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", "postgresql://entries")
    monkeypatch.setenv("FLUXO_BALANCES_DATABASE_URL", "postgresql://balances")
    fake.prints("fluxo_entries", ENTRIES)
    fake.prints("fluxo_balances", BALANCES)
    return fake


def wrong(changes: dict[str, object]) -> list[dict[str, object]]:
    return [BALANCES[0], BALANCES[1] | changes]


def test_when_all_days_agree_it_says_so_and_ends_with_zero(fluxo, services):
    outcome = fluxo("verify")
    assert outcome.exit_status == 0
    assert "2 days of 1 merchant compared" in outcome.out


def test_a_day_that_does_not_agree_is_named_with_the_figure_and_both_values(fluxo, services):
    services.prints("fluxo_balances", wrong({"debits_minor": 2500}))
    outcome = fluxo("verify", "--settle-s", "0")
    assert outcome.exit_status == 1
    (line,) = [line for line in outcome.out.splitlines() if "padaria" in line]
    assert "2026-11-22" in line
    assert "debits" in line
    assert "25.50" in line
    assert "25.00" in line


def test_figures_have_the_decimals_of_their_currency(fluxo, services):
    services.prints("fluxo_entries", [each | {"currency": "JPY"} for each in ENTRIES])
    services.prints("fluxo_balances", wrong({"debits_minor": 2500}))
    outcome = fluxo("verify", "--settle-s", "0")
    (line,) = [line for line in (outcome.out + outcome.err).splitlines() if "debits" in line]
    assert line.split()[-2:] == ["2550", "2500"]


def test_json_holds_every_difference_in_minor_units(fluxo, services):
    services.prints("fluxo_balances", wrong({"entry_count": 2, "closing_minor": -1}))
    outcome = fluxo("verify", "--settle-s", "0", "--json")
    assert outcome.exit_status == 1
    day = {"merchant_id": "padaria", "date": "2026-11-22", "moving": False}
    assert json.loads(outcome.out) == {
        "agree": False,
        "complete": True,
        "merchants": 1,
        "days": 2,
        "differences": [
            day | {"figure": "entry_count", "expected": 1, "found": 2},
            day | {"figure": "closing_minor", "expected": 7450, "found": -1},
        ],
        "category_differences": [],
    }


def test_figures_beyond_64_bits_are_compared_and_told_to_the_last_digit(fluxo, services):
    vast = ENTRIES[0] | {"credits_minor": 10**25 + 1}
    services.prints("fluxo_entries", [vast])
    services.prints("fluxo_balances", [vast | {"opening_minor": 0, "closing_minor": 10**25}])
    outcome = fluxo("verify", "--settle-s", "0", "--json")
    assert outcome.exit_status == 1
    (difference,) = json.loads(outcome.out)["differences"]
    assert (difference["expected"], difference["found"]) == (10**25 + 1, 10**25)


def test_a_category_that_does_not_agree_is_named_with_its_month(fluxo, services):
    none = CATEGORY | {"category": "", "currency": "JPY"}
    services.prints("fluxo_entries", [*ENTRIES, none, CATEGORY | {"currency": "JPY"}])
    services.prints("fluxo_balances", [*BALANCES, CATEGORY | {"debits_minor": 2500}])
    outcome = fluxo("verify", "--settle-s", "0")
    assert outcome.exit_status == 1
    lines = [line.split() for line in outcome.out.splitlines() if "padaria" in line]
    assert lines == [
        ["padaria", "2026-11", "(no", "category)", "credits", "10000", "0"],
        ["padaria", "2026-11", "(no", "category)", "debits", "2550", "0"],
        ["padaria", "2026-11", "(no", "category)", "entries", "3", "0"],
        ["padaria", "2026-11", "vendas", "debits", "2550", "2500"],
    ]
    assert "Do not agree: 2 months of categories; 2 days of 1 merchant compared." in outcome.err
    assert outcome.err.index("fluxo verify --chain") < outcome.err.index("fluxo rebuild")
    told = json.loads(fluxo("verify", "--settle-s", "0", "--json").out)
    assert (told["agree"], told["differences"]) == (False, [])
    assert told["category_differences"][-1] == {
        "merchant_id": "padaria",
        "month": "2026-11",
        "category": "vendas",
        "figure": "debits_minor",
        "expected": 2550,
        "found": 2500,
    }
    assert told["category_differences"][0]["category"] is None


def test_categories_that_agree_or_come_late_are_no_difference(fluxo, services):
    services.prints("fluxo_entries", [*ENTRIES, CATEGORY])
    services.prints("fluxo_balances", BALANCES, [*BALANCES, CATEGORY])
    assert fluxo("verify").exit_status == 0
    assert len(services.runs("fluxo_balances")) == 2


def test_a_window_reports_the_categories_of_its_months(fluxo, services):
    services.prints("fluxo_entries", [*ENTRIES, CATEGORY | {"month": "2026-10-01"}])
    services.prints("fluxo_balances", BALANCES)
    assert fluxo("verify", "--from", "2026-11-22", "--settle-s", "0").exit_status == 0
    assert fluxo("verify", "--from", "2026-10-31", "--settle-s", "0").exit_status == 1


def test_an_entry_still_under_way_is_waited_for(fluxo, services):
    services.prints("fluxo_balances", BALANCES[:1], BALANCES)
    assert fluxo("verify").exit_status == 0
    assert len(services.runs("fluxo_balances")) == 2


def test_what_stays_is_reported_once_the_time_to_settle_is_over(fluxo, services):
    services.prints("fluxo_balances", wrong({"entry_count": 9}))
    outcome = fluxo("verify", "--settle-s", "0.3")
    assert outcome.exit_status == 1
    assert len(services.runs("fluxo_balances")) == 2
    assert "meanwhile" not in outcome.err


def test_a_day_that_receives_entries_all_the_while_is_told_apart(fluxo, services):
    growing = [[ENTRIES[0] | {"credits_minor": 10000 + run, "entry_count": 2 + run}] for run in range(1, 50)]
    services.prints("fluxo_entries", *growing)
    services.prints("fluxo_balances", BALANCES[:1])
    outcome = fluxo("verify", "--settle-s", "0.3")
    assert outcome.exit_status == 1
    assert "1 day of these received entries meanwhile" in outcome.err


def test_a_window_asks_for_everything_before_it_since_openings_come_from_there(fluxo, services):
    outcome = fluxo("verify", "--from", "2026-11-22", "--to", "2026-11-22", "--merchant", "padaria")
    assert outcome.exit_status == 0
    assert "1 day of" in outcome.out
    asked = "totals --merchant=padaria --to=2026-11-22"
    assert services.runs("fluxo_entries") == [f"{asked} --cut-off{CUT_OFF}"]
    (run,) = services.runs("fluxo_balances")
    assert run.startswith(f"{asked} --cut-off=")


def test_every_look_has_the_cut_off_of_the_first_and_the_entries_are_given_what_the_balances_say(fluxo, services):
    services.prints("fluxo_balances", wrong({"entry_count": 9}))
    assert fluxo("verify", "--settle-s", "1").exit_status == 1
    looks = services.runs("fluxo_balances")
    assert (len(looks), len(set(looks))) == (3, 1)
    assert all(run == f"totals --cut-off{CUT_OFF}" for run in services.runs("fluxo_entries"))


def test_a_first_look_that_takes_longer_than_the_time_to_settle_is_followed_by_a_second(fluxo, services):
    services.prints("fluxo_balances", BALANCES[:1], BALANCES)
    assert fluxo("verify", "--settle-s", "0").exit_status == 0
    assert len(services.runs("fluxo_balances")) == 2


def test_nothing_recorded_is_nothing_wrong(fluxo, services):
    services.prints("fluxo_entries", [])
    services.prints("fluxo_balances", [])
    outcome = fluxo("verify")
    assert outcome.exit_status == 0
    assert "no day" in outcome.out
    assert "nothing is recorded of merchant padria" in fluxo("verify", "--merchant", "padria").out


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('The database does not answer.')", "The database does not answer."),
        (f"print('{CUT_OFF}'); print('{json.dumps(BALANCES[0])}', flush=True); raise SystemExit(7)", "ended with 7"),
        ("print('hello')", "not a cut-off: hello"),
        (f"print('{json.dumps(ENTRIES[0])}')", "not a cut-off"),
        ("", "not a cut-off"),
        (f"print('{CUT_OFF}'); print('hello')", "not a day: hello"),
        (f"print('{CUT_OFF}'); print('[]')", "not a day"),
        (f"print('{CUT_OFF}'); print('{json.dumps(ENTRIES[0])}')", "not a day"),
        (
            f"print('{CUT_OFF}'); print('{json.dumps(BALANCES[1])}'); print('{json.dumps(BALANCES[0])}')",
            "out of order",
        ),
        (f"print('{CUT_OFF}'); print('{json.dumps(CATEGORY)}'); print('{json.dumps(BALANCES[0])}')", "not a category"),
        (f"print('{CUT_OFF}'); print('{json.dumps(CATEGORY)}'); print('{json.dumps(CATEGORY)}')", "out of order"),
    ],
)
def test_a_side_that_cannot_be_asked_ends_with_three_and_never_with_agreement(fluxo, services, code, said):
    services.program("fluxo_balances", code)
    outcome = fluxo("verify")
    assert outcome.exit_status == 3
    assert said in outcome.err
    assert outcome.out == ""


def test_a_program_that_is_not_there_is_a_side_that_cannot_be_asked():
    with pytest.raises(SideUnavailableError):
        reconcile(["/no/such/program"], ["/no/such/program"], {}, Window(), settle_s=0)


@pytest.mark.parametrize("side", ["entries", "balances"])
def test_a_side_is_told_of_its_own_database_and_of_nothing_else(fluxo, services, monkeypatch, side):
    for name in ("ENTRIES_MIGRATION_DATABASE_URL", "BALANCES_MIGRATION_DATABASE_URL", "STREAMS_URL", "EVENTS_KEY"):
        monkeypatch.setenv(f"FLUXO_{name}", "secret")
    services.program(
        f"fluxo_{side}", "import os, sys; sys.exit(' '.join(sorted(n for n in os.environ if 'FLUXO' in n)))"
    )
    told = fluxo("verify").err.split(": ", 1)[1].split()
    assert [name for name in told if name.endswith(("_URL", "_KEY"))] == [f"FLUXO_{side.upper()}_DATABASE_URL"]


def test_ending_early_leaves_no_process_and_never_waits_for_one(services, tmp_path):
    """Both sides would print for ever; the comparison has enough after a thousand wrong days."""
    endless = """
        import itertools, json, os, sys
        open(sys.argv[0] + ".pid", "w").write(str(os.getpid()))
        sys.stdout.write(%r)
        for n in itertools.count():
            day = {"merchant_id": f"m{n:09}", "date": "2026-11-22", "credits_minor": %d, "debits_minor": 0,
                   "entry_count": 1}
            print(json.dumps(day | %s))
    """
    services.program("fluxo_entries", endless % ("", 1, "{}"))
    services.program("fluxo_balances", endless % (f"{CUT_OFF}\n", 2, '{"opening_minor": 0, "closing_minor": 2}'))
    programs = [services.directory / f"fluxo_{side}.py" for side in ("entries", "balances")]
    entries_argv, balances_argv = (["python3", str(program)] for program in programs)
    window = Window(date(2026, 1, 1), None)
    comparison = reconcile(entries_argv, balances_argv, {"PATH": "/usr/local/bin:/usr/bin:/bin"}, window, settle_s=0)
    assert not comparison.complete
    for program in programs:
        pid = Path(f"{program}.pid").read_text()
        assert not Path(f"/proc/{pid}").exists()
