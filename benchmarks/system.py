"""The real system, as `fluxo up` runs it, on a data directory and ports of its own."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.request import urlopen

from fluxo_cli.load.target import Target
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.runtime import load_state

from benchmarks.sql import ask
from benchmarks.tools import SystemFailedError
from tests.harness import system as harness

_LOG_FILES: Final = 55
"""Of 16 MB: as much as is written from one checkpoint to the next."""


class System(harness.System):
    """Starts on entering, stops and removes its data on leaving. Nothing of it outlives this process."""

    def __init__(self, replicas: int = 1) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="fluxo-bench-")))
        self.output = self.data_dir / "up.out"
        self.replicas = replicas
        self.extra_pids: dict[str, int] = {}

    def __enter__(self) -> Self:
        try:
            self.start("--replicas", str(self.replicas))
            self._write_log_round()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        finally:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def _write_log_round(self) -> None:
        """Have PostgreSQL make the files of its log now, as it has on a server that has run for a while.

        Whoever commits waits while it makes one: some 50 ms each 16 MB, which would be most of a percentile.
        """
        next_file = ("SELECT pg_logical_emit_message(true, 'fluxo', 'bench')", "SELECT pg_switch_wal()")
        ask(self.admin_url, *next_file * _LOG_FILES, "CHECKPOINT")

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

    def until_ready(self) -> None:
        """Wait until all processes are, also those that are just being replaced."""
        self.until(self.ready, what="that the system is ready")

    def until_answers(self, port: int, path: str) -> None:
        """Wait until a GET of the path is answered with success."""

        def answers() -> bool:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
            return False

        self.until(answers, what=f"that port {port} answers")

    def pids(self) -> dict[str, int]:
        """Return each process's id by its name, as `fluxo status` has it, without one that is just replaced.

        `extra_pids` holds what a scenario started beside them.
        """
        state = load_state(self.data_dir)
        supervised = state.processes if state is not None else ()
        return {process.name: process.pid for process in supervised if process.pid is not None} | self.extra_pids

    def verify(self, *options: str) -> None:
        """Let `fluxo verify` compare every day; raises SystemFailedError with what it found."""
        ran = self.cli("verify", *options, timeout=600)
        if ran.returncode != 0:
            raise SystemFailedError(f"fluxo verify: {ran.stdout}{ran.stderr}")
