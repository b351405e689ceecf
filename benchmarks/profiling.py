"""Which part of the code a process spends its time in, by samples of its stack."""

import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.tools import PY_SPY

_SAMPLES_PER_S: Final = 200
_LATER_S: Final = 600
_STOPS_WITHIN_S: Final = 30

_PARTS: Final = {
    "uvicorn": "uvicorn and its writes to the socket",
    "asyncio": "event loop",
    "starlette": "framework",
    "fastapi": "framework",
    "pydantic": "validation",
    "asyncpg": "PostgreSQL client",
    "redis": "Redis client",
    "hiredis": "Redis client",
    "structlog": "log",
    "fluxo_chassis": "chassis",
    "fluxo_entries": "service",
    "fluxo_balances": "service",
    "fluxo_contracts": "service",
}
_REST: Final = "other libraries"
_SOCKET: Final = "fluxo_chassis/http/fast/write_coalescing.py"
_LOG: Final = (
    "fluxo_chassis/observability/logs/configuration.py",
    "fluxo_chassis/http/request_line.py",
    "fluxo_chassis/observability/logs/line_output.py",
)


@dataclass(slots=True)
class Profile:
    """Samples by part of the code; filled in when the block ends."""

    samples: Counter[str] = field(default_factory=Counter)

    def split(self, cpu_us: float) -> Mapping[str, float]:
        """Return the CPU time divided among the parts, those with less than a hundredth left out."""
        total = self.samples.total()
        return {part: cpu_us * count / total for part, count in self.samples.items() if count * 100 >= total}


@contextmanager
def profile_of(pid: int) -> Iterator[Profile]:
    """Sample the process's running threads during the block. It is not stopped for a sample, so it is hardly slowed."""
    profile = Profile()
    with tempfile.TemporaryDirectory() as directory:
        found = Path(directory) / "stacks"
        options = ["--nonblocking", "--format", "raw", "--rate", str(_SAMPLES_PER_S), "--duration", str(_LATER_S)]
        process = subprocess.Popen(
            [PY_SPY.path(), "record", *options, "--pid", str(pid), "--output", str(found)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield profile
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOPS_WITHIN_S)
        for line in found.read_text().splitlines():
            stack, _, count = line.rpartition(" ")
            profile.samples[part_of(stack)] += int(count)


def part_of(stack: str) -> str:
    """Return the part that the innermost frame belongs to; what the standard library does is its caller's work."""
    for frame in reversed(stack.split(";")):
        path = frame.rpartition("(")[2].rpartition(":")[0]
        package, is_below, _ = path.partition("/")
        if path in _LOG:
            return _PARTS["structlog"]
        if path == _SOCKET:
            return _PARTS["uvicorn"]
        if package in _PARTS:
            return _PARTS[package]
        if is_below and package not in sys.stdlib_module_names:
            return _REST
    return _REST
