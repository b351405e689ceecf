"""A clock for each process, by libfaketime: only what it tells of the time of day can be stepped, as on a machine."""

from pathlib import Path
from typing import Final

LIBRARIES: Final = "usr/lib/*/faketime/libfaketime.so.1"
SERVICES: Final = ("entries-api-1", "entries-relay-1", "balances-api-1", "balances-projector-1")
SERVERS: Final = ("postgres", "valkey-streams", "valkey-cache")
STEPS_WITHIN_S: Final = 1.0
"""How long a process goes on by what it last read of its clock's file."""


class Clocks:
    """`obstacle` says why there are none; empty where there are."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "clocks"
        # A server finds its clock where it works; a service is told where its is by sitecustomize.py.
        self._files = {name: self._directory / name for name in SERVICES} | {
            "postgres": data_dir / "postgres" / "cluster" / "clock",
            "valkey-streams": data_dir / "valkey-streams" / "clock",
            "valkey-cache": data_dir / "valkey-cache" / "clock",
        }
        self._library = next(Path("/").glob(LIBRARIES), None)
        self.obstacle = "" if self._library else "libfaketime is not installed (Debian: libfaketime)"

    def environment(self) -> dict[str, str]:
        """Return the variables under which processes look at these clocks."""
        if self._library is None:
            return {}
        self._directory.mkdir(exist_ok=True)
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": "clock",
            "FAKETIME_CACHE_DURATION": f"{STEPS_WITHIN_S:g}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "CHAOS_CLOCKS": str(self._directory),
            "PYTHONPATH": str(Path(__file__).parent / "preload"),
        }

    def step(self, process: str, offset_s: int) -> None:
        """Let a process's clock be so far ahead of the machine's; 0 puts it right.

        Raises:
            OSError: the process has no directory of its own in the data directory.
        """
        file = self._files[process]
        new = file.with_suffix(".new")
        new.write_text(f"{offset_s:+d}")
        new.replace(file)
