"""The whole system as `fluxo up` starts it."""

import json
import shutil
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.runtime import load_environment, load_state
from fluxo_local.spawn import spawn

from tests.harness.merchant import MerchantClient
from tests.harness.ports import free_port_base
from tests.harness.processes import FLUXO, clean_environment, run_fluxo
from tests.harness.waiting import PATIENCE_S, until

SCOPES = ("entries:read", "entries:write", "balances:read")


class DataDirectory:
    """What a system is known by, whoever runs it: its data directory and its ports."""

    def __init__(self, data_dir: Path, port_base: int) -> None:
        self.data_dir = data_dir
        self.port_base = port_base
        self.page_url = f"http://127.0.0.1:{port_base}"
        self.entries_url = f"http://127.0.0.1:{port_base + 1}"
        self.balances_url = f"http://127.0.0.1:{port_base + 2}"

    def ready(self) -> bool:
        state = load_state(self.data_dir)
        return state is not None and state.ready

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this system is told; with credentials."""
        return clean_environment() | load_environment(self.data_dir)

    def token(self, merchant: str, scopes: Sequence[str] = SCOPES) -> str:
        # Good by clocks that are three days off, either way.
        days = timedelta(days=3)
        return self._issuer.token(
            merchant,
            scopes=scopes,
            role="owner",
            subject="test",
            lifetime=2 * days,
            now=datetime.now(UTC) - days,
        )

    def link(self, merchant: str) -> str:
        """An address that signs in at the page, once."""
        return self._issuer.link(self.page_url, merchant)

    @cached_property
    def _issuer(self) -> DevelopmentIssuer:
        return DevelopmentIssuer(self.data_dir)


class System(DataDirectory):
    """One data directory and the processes that `fluxo up` runs on it."""

    until = staticmethod(until)

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, free_port_base())
        self.process: subprocess.Popen[bytes] | None = None
        self.output = data_dir.with_suffix(".out")
        self.settings: dict[str, str] = {}
        """Environment variables that it is started with."""

    def cli(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return run_fluxo(*arguments, "--data-dir", str(self.data_dir), **options)

    def status(self) -> Any:
        return json.loads(self.cli("status", "--json").stdout)

    def pid(self, name: str) -> int | None:
        """Return the process's id as the supervisor has it; asked often, so without a process of its own."""
        state = load_state(self.data_dir)
        assert state is not None
        return next(process.pid for process in state.processes if process.name == name)

    def start(self, *options: str) -> None:
        """Start it and wait until all of it is ready; one that ends meanwhile is noticed at once.

        There is one of each, however many cores, where the options say nothing else.
        """
        command = [*FLUXO, "up", "--data-dir", str(self.data_dir), "--port-base", str(self.port_base)]
        command += options if "--replicas" in options else ("--replicas", "1", *options)
        with self.output.open("ab") as output:
            process = self.process = spawn(command, log=output, env=clean_environment() | self.settings)
        self.until(lambda: process.poll() is not None or self.ready())
        assert process.poll() is None, self.output.read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)

    def end(self) -> None:
        """Stop it if it runs, whatever the test left it in."""
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def merchant(self, name: str | None = None) -> MerchantClient:
        merchant_id = name or f"m-{uuid4().hex[:12]}"
        return MerchantClient(self, merchant_id, self.token(merchant_id))


def prepare(data_dir: Path) -> None:
    """Make a data directory with a cluster, both schemas and all keys.

    Systems that start on a copy of it spare themselves initdb and the migrations.
    """
    system = System(data_dir)
    try:
        system.start()
    finally:
        system.end()


def copy_prepared(prepared: Path, data_dir: Path) -> None:
    """Copy what `prepare` made; nothing where PostgreSQL's data are elsewhere (root without user namespaces)."""
    if (prepared / "postgres" / "cluster" / "PG_VERSION").exists():
        shutil.copytree(prepared, data_dir, symlinks=True, ignore=shutil.ignore_patterns("logs"))
