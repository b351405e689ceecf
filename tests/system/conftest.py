"""The whole system as `fluxo up` starts it, and merchants who use it over HTTP."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.runtime import load_state

FLUXO = str(Path(sys.executable).with_name("fluxo"))
STARTS_WITHIN_S = 60
STOPS_WITHIN_S = 30
SCOPES = ("entries:read", "entries:write", "balances:read")
PORTS_A_SYSTEM_TAKES = (1, 2, 3, 4, 5, 11, 12, 31, 32, 51, 52, 61, 62)


def free_port_base() -> int:
    for _ in range(100):
        base = random.randrange(20_000, 32_000, 100)
        try:
            for offset in PORTS_A_SYSTEM_TAKES:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free range of ports")


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}


class System:
    """One data directory and the processes that `fluxo up` runs on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port_base = free_port_base()
        self.process: subprocess.Popen[bytes] | None = None
        self.output = data_dir.with_suffix(".out")
        self.settings: dict[str, str] = {}
        """Environment variables that it is started with."""

    def cli(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [FLUXO, *arguments, "--data-dir", str(self.data_dir)]
        return subprocess.run(
            command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False, **options
        )

    def status(self) -> dict:
        return json.loads(self.cli("status", "--json").stdout)

    def pid(self, name: str) -> int | None:
        """Return the process's id as the supervisor has it; asked often, so without a process of its own."""
        state = load_state(self.data_dir)
        return next(process.pid for process in state.processes if process.name == name)

    def token(self, merchant: str) -> str:
        return self._issuer.token(merchant, scopes=SCOPES, role="owner", subject="test", lifetime=timedelta(hours=1))

    def start(self, *options: str) -> None:
        command = [FLUXO, "up", "--data-dir", str(self.data_dir), "--port-base", str(self.port_base), *options]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                env=clean_environment() | self.settings,
                start_new_session=True,
            )
        self.until(lambda: self.process.poll() is not None or self.ready(), STARTS_WITHIN_S)
        assert self.process.poll() is None, self.output.read_text()

    def ready(self) -> bool:
        state = load_state(self.data_dir)
        return state is not None and state.ready

    @cached_property
    def _issuer(self) -> DevelopmentIssuer:
        return DevelopmentIssuer(self.data_dir)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(STOPS_WITHIN_S)

    @property
    def entries_url(self) -> str:
        return f"http://127.0.0.1:{self.port_base + 1}"

    @property
    def balances_url(self) -> str:
        return f"http://127.0.0.1:{self.port_base + 2}"

    @staticmethod
    def until(holds: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"did not come true within {within_s} s"
            time.sleep(0.1)

    def merchant(self, name: str | None = None) -> "MerchantClient":
        merchant_id = name or f"m-{uuid4().hex[:12]}"
        return MerchantClient(self, merchant_id, self.token(merchant_id))


@dataclass
class MerchantClient:
    """A merchant at its shell: records, reverses, reads; knows what it recorded."""

    system: System
    merchant_id: str
    token: str
    http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=20)

    def post(self, path: str, body: object, key: str | None = None) -> httpx2.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(f"{self.system.entries_url}{path}", json=body, headers=headers)

    def record(
        self, direction: str, amount: str, day: date | None = None, key: str | None = None, description: str = "Venda"
    ) -> dict:
        body = {"direction": direction, "amount": amount, "description": description}
        if day is not None:
            body["business_date"] = day.isoformat()
        response = self.post("/v1/entries", body, key or str(uuid4()))
        assert response.status_code == 201, response.text
        return response.json()

    def reverse(self, entry_id: str, key: str | None = None) -> dict:
        response = self.post(f"/v1/entries/{entry_id}/reversal", {"reason": "Engano"}, key or str(uuid4()))
        assert response.status_code == 201, response.text
        return response.json()

    def day(self, day: date | str, after: str | None = None) -> dict:
        parameters = {} if after is None else {"after_entry": after}
        response = self.http.get(f"{self.system.balances_url}/v1/daily-balances/{day}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def days(self, first: date, last: date, after: str | None = None) -> dict:
        parameters = {"from": first.isoformat(), "to": last.isoformat()}
        if after is not None:
            parameters["after_entry"] = after
        response = self.http.get(f"{self.system.balances_url}/v1/daily-balances", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def entries(self, **parameters: object) -> list[dict]:
        items: list[dict] = []
        cursor: str | None = None
        while True:
            page = self.http.get(
                f"{self.system.entries_url}/v1/entries",
                params=parameters | ({"cursor": cursor} if cursor else {}),
            ).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for all journeys that do not stop it; each takes a merchant of its own."""
    system = System(tmp_path_factory.mktemp("system") / "data")
    system.start()
    yield system
    assert system.stop() == 0, system.output.read_text()


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[System]:
    """A system that the journey itself starts, kills and stops."""
    system = System(tmp_path / "data")
    yield system
    if system.process is not None and system.process.poll() is None:
        system.stop()


@pytest.fixture
def merchant(system: System) -> MerchantClient:
    return system.merchant()
