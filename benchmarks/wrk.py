"""wrk (Debian): a closed loop of many connections that costs the machine little."""

import json
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from benchmarks.tools import WRK, SystemFailedError

_SCRIPTS: Final = Path(__file__).with_name("lua")
_TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True)
class WrkResult:
    """Latencies are of a closed loop, from sending to the answer's end. `errors`: no answer, or a status over 399."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int

    @property
    def per_s(self) -> float:
        """Answers a second that were no errors."""
        return max(self.requests - self.errors, 0) / self.seconds


def get(
    url: str,
    *,
    connections: int,
    seconds: float,
    token: str | None = None,
    cpu: int | None = None,
    threads: int = 1,
) -> WrkResult:
    """Get one address again and again, on one core where `cpu` is given."""
    headers = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    return _run(url, "summary.lua", [], headers, connections, seconds, cpu, threads)


@dataclass(frozen=True, slots=True)
class Entries:
    """Which entries are recorded: today's, a share of them `days_back` ago; and whose, by their tokens.

    `hot_share` of them are the first token's, the rest are the others' in turn. `key` is what idempotency keys begin
    with, and makes them unique.
    """

    tokens: Sequence[str]
    key: str
    back_share: float = 0.0
    days_back: int = 360
    hot_share: float = 0.0


def record(url: str, entries: Entries, *, connections: int, seconds: float, threads: int = 1) -> WrkResult:
    """Record entries as fast as so many connections can."""
    today = business_today()
    with tempfile.NamedTemporaryFile("w", prefix="fluxo-bench-tokens-") as tokens:
        tokens.write("\n".join(entries.tokens))
        tokens.flush()
        arguments = [
            tokens.name,
            entries.key,
            today.isoformat(),
            (today - timedelta(days=entries.days_back)).isoformat(),
            str(entries.back_share),
            str(entries.hot_share),
        ]
        return _run(f"{url}/v1/entries", "record.lua", arguments, [], connections, seconds, None, threads)


@dataclass(slots=True)
class UnreadDays:
    """Days of merchants, by their tokens: each day of each of them is read once, a merchant never twice in a row."""

    tokens: Sequence[str]
    days: Sequence[date]
    read: int = 0

    @property
    def left(self) -> int:
        return len(self.tokens) * len(self.days) - self.read


def read_days(url: str, unread: UnreadDays, *, connections: int, seconds: float) -> WrkResult:
    """Read days as fast as so many connections can; raises SystemFailedError where they were too few."""
    with tempfile.TemporaryDirectory(prefix="fluxo-bench-days-") as folder:
        tokens, days = Path(folder, "tokens"), Path(folder, "days")
        tokens.write_text("\n".join(unread.tokens))
        days.write_text("\n".join(day.isoformat() for day in unread.days))
        arguments = [str(tokens), str(days), str(unread.read)]
        result = _run(url, "days.lua", arguments, [], connections, seconds, None, 1)
    unread.read += result.requests + connections  # Those that were under way when it ended may have been answered.
    if unread.left < 0:
        raise SystemFailedError(f"{result.requests} days were read, more than there were")
    return result


MARK: Final = "the-key-of-one-request-only"
"""Stands in a request where each that is sent has a key of its own."""


def send(url: str, requests: Sequence[bytes], *, connections: int, seconds: float) -> WrkResult:
    """Send whole requests to the address in turn, again and again; none holds a byte 0."""
    with tempfile.NamedTemporaryFile("wb", prefix="fluxo-bench-requests-") as file:
        file.write(b"".join(request + b"\0" for request in requests))
        file.flush()
        arguments = [file.name, MARK, secrets.token_hex(4)]
        return _run(url, "requests.lua", arguments, [], connections, seconds, None, 1)


def business_today() -> date:
    """Return a day that is today or yesterday everywhere: never after a merchant's today."""
    return date.today() - timedelta(days=1)  # noqa: DTZ011 - a day of slack is the point


def _run(
    url: str,
    script: str,
    arguments: Sequence[str],
    options: Sequence[str],
    connections: int,
    seconds: float,
    cpu: int | None,
    threads: int,
) -> WrkResult:
    with tempfile.NamedTemporaryFile("w", prefix="fluxo-bench-", suffix=".lua") as joined:
        joined.write("\n".join((_SCRIPTS / name).read_text() for name in dict.fromkeys((script, "summary.lua"))))
        joined.flush()
        told = [
            f"--threads={threads}",
            f"--connections={connections}",
            f"--duration={max(round(seconds), 1)}s",
            f"--timeout={_TIMEOUT_S}s",
            f"--script={joined.name}",
        ]
        printed = WRK.run([*told, *options, url, "--", *arguments], within_s=seconds + 60, cpu=cpu)
    found = json.loads(printed.strip().splitlines()[-1])
    return WrkResult(
        requests=found["requests"],
        seconds=found["duration_us"] / 1e6,
        p50_ms=found["p50_us"] / 1e3,
        p95_ms=found["p95_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        errors=found["errors"],
    )
