"""Runs a suite again and again, and writes down what each run took and how it ended.

A test that fails once in ten runs is a fault of today: `make test-repeat RUNS=10`, and with BUSY=2 while two endless
loops a core want the machine too. Each run is a line of docs/suite-runs.md.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "suite-runs.md"
HEAD = """# Runs of the suites

Written by `make test-repeat`: one line for each run, none left out.

| begun (UTC) | commit | suite | cores | busy loops | minutes | passed | failed | skipped |
|---|---|---|---:|---:|---:|---:|---:|---:|
"""


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many endless loops running meanwhile."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for loop in running:
            loop.kill()
            loop.wait()


def run(target: str, loops: int) -> tuple[int, str]:
    """Run the suite of a target of make once; returns its exit status and its line."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    began, started = datetime.now(UTC), time.monotonic()
    suite = subprocess.Popen(["make", target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    summary = ""
    for line in suite.stdout or ():
        sys.stdout.write(line)
        summary = line if re.search(r"\d+ (passed|failed|errors?).* in ", line) else summary
    status = suite.wait()
    counts = {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|error|skipped)", summary)}
    cells = [
        *(f"{began:%Y-%m-%d %H:%M}", commit.strip(), f"`make {target}`", os.cpu_count(), loops),
        f"{(time.monotonic() - started) / 60:.2f}",
        *(counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0), counts.get("skipped", 0)),
    ]
    return status, f"| {' | '.join(map(str, cells))} |\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="test", help="the target of make that runs it (default test)")
    parser.add_argument("--runs", type=int, default=10, help="how often (default 10)")
    parser.add_argument("--busy", type=int, default=0, help="endless loops for each core meanwhile (default 0)")
    options = parser.parse_args()
    loops = options.busy * (os.cpu_count() or 1)
    statuses = []
    for _ in range(options.runs):
        with busy(loops):
            status, line = run(options.suite, loops)
        statuses.append(status)
        page = PAGE.read_text() if PAGE.exists() else HEAD
        PAGE.write_text(page + line)
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())
