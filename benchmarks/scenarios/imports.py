"""A file of a million lines, previewed and recorded, against bulks of the same entries."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.load.pacing import run_precisely

from benchmarks.cost import children, cost_of, role_of, rss_mb
from benchmarks.entries import bulk_request
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.scenarios.bulk import ENTRIES, send_in_turn
from benchmarks.system import System
from benchmarks.wrk import business_today

BULKS = 30
LOOK_EVERY_S = 0.1
DAYS = 300
SERVERS = ("postgres", "valkey")
"""No processes of ours, and they hold what all share."""


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    days, token = [business_today()] * ENTRIES, system.token("bulk")
    bulks = run_precisely(send_in_turn(system, [bulk_request(system.entries, token, days) for _ in range(BULKS)]))
    bulk_per_s = ENTRIES / (bulks.percentiles_ms(50)[0] / 1e3)
    until_quiet(system)
    lines = bench.pace.memory_entries
    with (
        ServiceClient("entries", system.entries_url, system.token("import")) as client,
        _peaks_mb(system) as peaks,
        cost_of(system) as cost,
    ):
        bench.say(f"a preview of {lines:,} lines")
        started = time.monotonic()
        begun = client.post_file("/v1/imports", _file(lines), filename="sales.csv").json()
        path = f"/v1/imports/{begun['id']}"
        _until(client, path, "ready")
        read_s = time.monotonic() - started
        bench.say(f"recording {lines:,} lines")
        started = time.monotonic()
        client.post(f"{path}/confirm", {"possible_duplicates": "skip"}, idempotency_key="import")
        done = _until(client, path, "done")
        record_s = time.monotonic() - started
        until_quiet(system)
    yield Round(
        {
            "ratio_to_bulk": lines / record_s / bulk_per_s,
            "recorded_per_s": lines / record_s,
            "previewed_per_s": lines / read_s,
            "bulk_per_s": bulk_per_s,
            "errors": float(done != lines),
            "largest_peak_mb": max(peaks.values()),
            **{f"{name.replace('-', '_')}_peak_mb": peak for name, peak in sorted(peaks.items())},
        },
        {"line of a file, to its balance": cost.us_per(lines)},
    )


def _file(lines: int) -> bytes:
    first = business_today() - timedelta(days=DAYS)
    days = [(first + timedelta(days=number)).strftime("%d/%m/%Y") for number in range(DAYS)]
    rows = (f"{days[n * DAYS // lines]};Venda {n};{n % 900 + 1},{n % 100:02d}" for n in range(lines))
    return "\n".join(["Data;Histórico;Valor", *rows]).encode()


@contextmanager
def _peaks_mb(system: System) -> Iterator[dict[str, float]]:
    """Note the most that each process of ours holds meanwhile; "reader" is the one that reads the file."""
    peaks: defaultdict[str, float] = defaultdict(float)
    ours = {name: pid for name, pid in system.pids().items() if not name.startswith(SERVERS)}
    api, over = ours["entries-api-1"], Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            for name, megabytes in rss_mb(ours | {f"reader-{child}": child for child in children(api)}).items():
                peaks[role_of(name)] = max(peaks[role_of(name)], megabytes)

    looking = Thread(target=look)
    looking.start()
    try:
        yield peaks
    finally:
        over.set()
        looking.join()


def _until(client: ServiceClient, path: str, state: str) -> int:
    """Return how many are recorded once it has come to the state."""
    while (now := client.get(path).json())["state"] != state:
        if now["state"] == "failed":
            raise RuntimeError(now["reason"])
        time.sleep(LOOK_EVERY_S)
    count: int = now["recorded_count"]
    return count


SCENARIO = Scenario(
    name="import",
    title="A file of a million lines, previewed and recorded",
    method=(
        "A sheet of a million sales on 300 days is sent, previewed, confirmed and recorded; relay and projector work "
        "at the same time. Previewed a second counts from the first byte until every line is compared with the books, "
        "recorded a second from the confirmation until all are noted. The bound is a bulk of 10,000 entries on the "
        "same system, the median of thirty. Peaks are of the memory of each of Fluxo's processes, looked at ten times "
        "a second; the reader is the one that reads the file."
    ),
    measure=measure,
    targets=(
        Target("ratio_to_bulk", at_least=0.7),
        Target("largest_peak_mb", at_most=300),
        Target("errors", at_most=0),
    ),
    is_quick=False,
)
