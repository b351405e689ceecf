"""Very many entries of very many merchants over five years, beside a million of the same kind."""

import itertools
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import run_precisely

from benchmarks import wrk
from benchmarks.loading import load_history, merchants_of, size_bytes
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.scenarios.long_history import REQUESTS, one_after_another
from benchmarks.seeding import DAYS_A_YEAR
from benchmarks.system import System
from benchmarks.tools import WRK, SystemFailedError
from benchmarks.wrk import business_today

BESIDE_ENTRIES: Final = 1_000_000
YEARS: Final = 5
CALLERS: Final = 100
CONNECTIONS: Final = 64
_BACKUP_WITHIN_S: Final = 6 * 3_600


def measure(bench: Bench) -> Iterator[Round]:
    entries = bench.pace.very_long_history_entries
    with bench.start() as beside:
        _load(bench, beside, BESIDE_ENTRIES)
        backups = {"million": _back_up(bench, beside)}
        with bench.start() as system:
            empty = size_bytes(system)
            _load(bench, system, entries)
            entry_bytes = (size_bytes(system) - empty) / entries
            backups["very_long"] = _back_up(bench, system)
            callers = {"very_long": _Caller(bench, system), "million": _Caller(bench, beside)}
            for caller in callers.values():
                caller.call()  # the first of each kind is slower, whoever makes it
            for number in bench.rounds():
                found = {name: callers[name].call() for name in (callers if number % 2 == 0 else reversed(callers))}
                yield Round(
                    _figures({name: found[name] | backups[name] for name in found})
                    | {"entries_of_the_past": entries, "bytes_an_entry": entry_bytes}
                )


def _figures(found: dict[str, dict[str, float]]) -> dict[str, float]:
    long, million = found["very_long"], found["million"]
    figures = {f"ratio_of_{what}": long[f"{what}_p50_ms"] / million[f"{what}_p50_ms"] for what in ("day", "page")}
    figures["ratio_of_verify"] = long["verify_ms"] / million["verify_ms"]
    # How long one takes, as of the others, and not how many there are in a second.
    for what, rate in (("write", "writes_per_s"), ("backup", "backup_megabytes_per_s")):
        figures[f"ratio_of_{what}"] = million[rate] / long[rate]
    for name, each in found.items():
        for figure, value in each.items():
            what, _, unit = figure.partition("_")
            figures[f"{what}_of_{name}_{unit}" if figure != "errors" else f"errors_of_{name}"] = value
    figures["errors"] = figures.pop("errors_of_very_long") + figures.pop("errors_of_million")
    return figures


def _load(bench: Bench, system: System, entries: int) -> None:
    load_history(
        system,
        entries,
        merchants=bench.pace.merchants,
        years=YEARS,
        report=lambda done, of: bench.say(f"{done:,} of {of:,} entries of the past"),
    )


def _back_up(bench: Bench, system: System) -> dict[str, float]:
    bench.say("a backup")
    file, began = system.data_dir / "backup.tar", time.monotonic()
    ran = system.cli("backup", str(file), timeout=_BACKUP_WITHIN_S)
    seconds = time.monotonic() - began
    if ran.returncode != 0:
        raise SystemFailedError(f"fluxo backup: {ran.stdout}{ran.stderr}")
    mb = file.stat().st_size / 1e6
    file.unlink()
    return {"backup_s": seconds, "backup_mb": mb, "backup_megabytes_per_s": mb / seconds}


class _Caller:
    """Reads days that no cache holds, lists the newest entries and records some, of a hundred of the merchants."""

    def __init__(self, bench: Bench, system: System) -> None:
        self._bench, self._system = bench, system
        self._merchants = merchants_of(bench.pace.merchants)[:CALLERS]
        self._tokens = [system.token(merchant) for merchant in self._merchants]
        self._days = self._unread_days()
        self._pages = itertools.cycle([system.entries.get("/v1/entries?limit=50", token) for token in self._tokens])
        self._turns = itertools.count()

    def call(self) -> dict[str, float]:
        turn, entries, balances = next(self._turns), self._system.entries, self._system.balances
        until_quiet(self._system)
        self._bench.say(f"reads, writes and a verify, {turn}")
        day = run_precisely(one_after_another(balances, self._days, REQUESTS))
        page = run_precisely(one_after_another(entries, self._pages, REQUESTS))
        writes = wrk.Entries(self._tokens, f"very-long-{turn}")
        wrote = wrk.record(self._system.entries_url, writes, connections=CONNECTIONS, seconds=self._bench.pace.seconds)
        until_quiet(self._system)
        return {
            "day_p50_ms": _p50_ms(day),
            "page_p50_ms": _p50_ms(page),
            "writes_per_s": wrote.per_s,
            "verify_ms": self._verify_ms(),
            "errors": day.errors + day.cache_hits + page.errors + wrote.errors,
        }

    def _unread_days(self) -> Iterator[bytes]:
        """Yield each day of each once, one after another from all over the years."""
        days, last = YEARS * DAYS_A_YEAR, business_today()
        for number in range(days):
            for place, token in enumerate(self._tokens):
                back = (number + place) * 677 % days
                yield self._system.balances.get(f"/v1/daily-balances/{last - timedelta(days=back)}", token)

    def _verify_ms(self) -> float:
        began = time.monotonic()
        self._system.verify("--merchant", self._merchants[0])
        return (time.monotonic() - began) * 1_000


def _p50_ms(measured: Measured) -> float:
    return measured.percentiles_ms(50)[0]


SCENARIO = Scenario(
    name="very-long-history",
    title="Very many entries of very many merchants over five years",
    method=(
        "Two systems at once, with the same merchants and five years of their entries: very many entries in the one, "
        "a million in the other, loaded by COPY in the order of their days, before the indexes of lists and words are "
        "made. In turn, one caller reads days that no cache holds and lists the newest 50 entries of a hundred "
        "merchants, wrk with 64 connections records entries of these, and `fluxo verify --merchant` compares every day "
        "of one. Each is backed up once before. Ratios are of what one takes, very many to a million; a backup's are "
        "of what a megabyte takes."
    ),
    measure=measure,
    targets=(
        *(Target(f"ratio_of_{what}", at_most=1.3) for what in ("write", "day", "page", "verify", "backup")),
        Target("errors", at_most=0),
    ),
    needs=(WRK,),
    is_quick=False,
    is_usual=False,
)
