"""pgbench: a closed loop of clients in C that run one script, each time a transaction, prepared."""

import math
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.tools import PGBENCH, SystemFailedError


@dataclass(frozen=True, slots=True)
class PgbenchResult:
    """Percentiles are not numbers where they were not asked for."""

    per_s: float
    mean_ms: float
    p50_ms: float = math.nan
    p99_ms: float = math.nan
    errors: int = 0


def run(url: str, script: str, *, connections: int, seconds: float, percentiles: bool = False) -> PgbenchResult:
    """Run the script for so long; a log of each transaction, for the percentiles, costs a little."""
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory(prefix="fluxo-bench-") as name:
        directory = Path(name)
        (directory / "script.sql").write_text(script)
        printed = PGBENCH.run(
            [
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={connections}",
                f"--jobs={min(connections, os.cpu_count() or 1)}",
                f"--time={max(round(seconds), 1)}",
                f"--file={directory / 'script.sql'}",
                *(("--log", f"--log-prefix={directory / 'log'}") if percentiles else ()),
                f"--host={parts.hostname}",
                f"--port={parts.port}",
                f"--username={parts.username}",
                parts.path.lstrip("/"),
            ],
            within_s=seconds + 60,
            env={**os.environ, "PGPASSWORD": parts.password or ""},
        )
        logged = latencies_ms([log.read_text() for log in directory.glob("log.*")])
    return result(printed, logged)


def result(printed: str, latencies: Sequence[float]) -> PgbenchResult:
    """Return what pgbench printed, who names neither a rate nor a mean where no transaction ended in time."""
    if re.search(r"^number of transactions actually processed: 0$", printed, re.MULTILINE):
        return PgbenchResult(0.0, math.nan)
    rate = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
    latency = re.search(r"^latency average = ([0-9.]+) ms", printed, re.MULTILINE)
    if rate is None or latency is None:
        raise SystemFailedError(f"pgbench failed: {printed.strip()}")
    p50_ms, p99_ms = percentile(latencies, 50), percentile(latencies, 99)
    return PgbenchResult(float(rate.group(1)), float(latency.group(1)), p50_ms, p99_ms)


def latencies_ms(logs: Sequence[str]) -> list[float]:
    """Return the latencies in pgbench's logs, sorted: of each line `client transaction latency_us …` the third."""
    return sorted(int(line.split()[2]) / 1e3 for log in logs for line in log.splitlines())


def percentile(latencies: Sequence[float], percent: float) -> float:
    """Return the latency that so many percent of the sorted ones do not exceed; not a number of none."""
    return latencies[max(math.ceil(len(latencies) * percent / 100) - 1, 0)] if latencies else math.nan
