"""The real system, as `fluxo up` runs it, on a data directory and ports of its own."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.request import urlopen

from fluxo_cli.load.target import Target
from fluxo_local.embedded.directory import last_lines
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.ports import is_free
from fluxo_local.runtime import load_environment, load_state
from fluxo_local.spawn import spawn

FLUXO: Final = (sys.executable, "-m", "fluxo_cli")
SCOPES: Final = ("entries:read", "entries:write", "balances:read")
_STARTS_WITHIN_S: Final = 90.0
_STOPS_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.1
_PORT_BASES: Final = range(20_000, 32_000, 100)
_PORTS_TAKEN: Final = (*range(1, 7), *range(11, 15), *range(31, 35), *range(51, 55), *range(71, 75), *range(90, 100))


class SystemFailedError(Exception):
    """The system under measurement did not do what it must; the message says what."""


class System:
    """Starts on entering, stops and removes its data on leaving. Nothing of it outlives this process."""

    def __init__(self, replicas: int = 1) -> None:
        self.replicas = replicas
        self.data_dir = Path(tempfile.mkdtemp(prefix="fluxo-bench-"))
        self.port_base = _free_port_base()
        self.entries_url = f"http://127.0.0.1:{self.port_base + 1}"
        self.balances_url = f"http://127.0.0.1:{self.port_base + 2}"
        self.extra_pids: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._output = self.data_dir / "up.out"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    @property
    def entries(self) -> Target:
        return Target.of(self.entries_url)

    @property
    def balances(self) -> Target:
        return Target.of(self.balances_url)

    @property
    def admin_url(self) -> str:
        """The embedded PostgreSQL's superuser, in its database `postgres`."""
        return PostgresServer(self.data_dir / "postgres", self.port_base + 3).admin_url

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this system is told; with credentials."""
        return clean_environment() | load_environment(self.data_dir)

    def start(self) -> None:
        options = ["--data-dir", str(self.data_dir), "--port-base", str(self.port_base)]
        with self._output.open("ab") as output:
            self._process = spawn(
                [*FLUXO, "up", *options, "--replicas", str(self.replicas)], log=output, env=clean_environment()
            )
        self.until_ready()

    def until_ready(self) -> None:
        """Wait until all processes are, also those that are just being replaced."""
        self.until(self._is_ready, _STARTS_WITHIN_S, "the system is ready")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def until_answers(self, port: int, path: str) -> None:
        """Wait until a GET of the path is answered with success."""

        def answers() -> bool:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
            return False

        self.until(answers, _STARTS_WITHIN_S, f"port {port} answers")

    def pids(self) -> dict[str, int]:
        """Return each process's id by its name, as `fluxo status` has it, without one that is just replaced.

        `extra_pids` holds what a scenario started beside them.
        """
        state = load_state(self.data_dir)
        supervised = state.processes if state is not None else ()
        return {process.name: process.pid for process in supervised if process.pid is not None} | self.extra_pids

    def verify(self) -> None:
        """Let `fluxo verify` compare every day; raises SystemFailedError with what it found."""
        command = [*FLUXO, "verify", "--data-dir", str(self.data_dir)]
        ran = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=600, check=False)
        if ran.returncode != 0:
            raise SystemFailedError(f"fluxo verify: {ran.stdout}{ran.stderr}")

    def token(self, merchant: str) -> str:
        return self._issuer.token(merchant, scopes=SCOPES, role="owner", subject="bench", lifetime=timedelta(hours=12))

    @cached_property
    def _issuer(self) -> DevelopmentIssuer:
        return DevelopmentIssuer(self.data_dir)

    def until(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait; raises SystemFailedError when it does not come true, or when the system ends meanwhile."""
        deadline = time.monotonic() + within_s
        while not holds():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise SystemFailedError(f"not within {within_s:g} s: {what}\n{last_lines(self._output)}")
            time.sleep(_POLL_S)

    def _is_ready(self) -> bool:
        state = load_state(self.data_dir)
        return state is not None and state.ready


def clean_environment() -> dict[str, str]:
    """Return this process's variables without what would point the system to other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}


def _free_port_base() -> int:
    bases = list(_PORT_BASES)
    random.shuffle(bases)
    for base in bases:
        if all(is_free(base + offset) for offset in _PORTS_TAKEN):
            return base
    raise SystemFailedError(f"no free range of 100 ports from {_PORT_BASES.start} on")
