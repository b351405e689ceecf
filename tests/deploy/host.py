"""This machine in place of a container engine: compose's services as processes of its own."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import redis
from fluxo_cli.embedded.binaries import find_postgres, find_valkey

from conftest import free_port
from tests.deploy.dockerfile import image
from tests.deploy.operator import COMPOSE, SECRET

STARTS_WITHIN_S = 30


def until(holds, what: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {STARTS_WITHIN_S} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


class Host:
    """This machine in place of the engine: compose's services by name, each at ports of its own."""

    def __init__(self, model: dict, app, directory: Path) -> None:
        self.services = model["services"]
        self.directory = directory
        self.places: dict[str, str] = {}
        """What stands in compose's files, and what it is here; longest first."""
        self.ports: dict[str, list[int]] = {}
        self._app = app
        self._stack = ExitStack()
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}

    def here(self, text: str) -> str:
        for there in sorted(self.places, key=len, reverse=True):
            text = text.replace(there, self.places[there])
        return text

    def environment(self, name: str, **own: str) -> dict[str, str]:
        service = self.services[name]
        told = image(service["build"]["target"]).env | service["environment"] | own
        bin_of_app = self._app(service["build"]["target"]) / "bin"
        return {key: self.here(value) for key, value in told.items()} | {"PATH": f"{bin_of_app}:/usr/bin:/bin"}

    def argv(self, name: str) -> list[str]:
        return [*image(self.services[name]["build"]["target"]).entrypoint, *self.services[name]["command"]]

    def run(self, name: str) -> None:
        """Run a one-shot to its end."""
        env = self.environment(name)
        with (self.directory / f"{name}.log").open("wb") as log:
            done = subprocess.run(
                self._by_path(self.argv(name), env), env=env, cwd="/", stdout=log, stderr=log, timeout=60, check=False
            )
        assert done.returncode == 0, (self.directory / f"{name}.log").read_text()

    def start(self, name: str) -> None:
        """Start as many of it as `scale` says."""
        self.ports[name], self.running[name] = [], []
        for _ in range(self.services[name].get("scale", 1)):
            port = free_port()
            env = self.environment(name, FLUXO_PORT=str(port))
            self.running[name].append(self._spawn(f"{name}-{port}", self._by_path(self.argv(name), env), env))
            self.ports[name].append(port)

    def valkey(self, name: str) -> str:
        """Start a Valkey by compose's own command, and return its URL here."""
        port, service = free_port(), self.services[name]
        mounted = next(mount["source"] for mount in service["volumes"] if mount["target"] == "/etc/valkey.conf")
        data = self.directory / name
        data.mkdir()
        configuration = data / "valkey.conf"
        text = re.sub(r"(?m)^dir /(data|tmp)$", f"dir {data}", Path(mounted).read_text())
        configuration.write_text(f"{text}port {port}\nbind 127.0.0.1\n")
        command = service["command"][-1].replace("/etc/valkey.conf", str(configuration)).replace("$$", "$")
        binaries = data / "bin"
        binaries.mkdir()
        (binaries / "valkey-server").symlink_to(find_valkey().server)
        env = service["environment"] | {"PATH": f"{binaries}:/usr/bin:/bin"}
        self._spawn(name, ["/bin/sh", "-c", command], env)
        url = f"redis://:{SECRET}@127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            until(lambda: _pings(client), f"{name} answers")
        self.places[f"{name}:6379"] = f"127.0.0.1:{port}"
        return url

    def nginx(self) -> None:
        """Start nginx on compose's own file; a name that stands for all instances becomes their addresses."""
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        if program is None:
            pytest.skip("nginx is not installed; run: apt install nginx-light")
        text = (COMPOSE / "nginx" / "nginx.conf").read_text().replace("/tmp/", f"{self.directory}/")  # noqa: S108
        for name, port in (("entries-api", 8001), ("balances-api", 8002)):
            line = f"server {name}:{port} resolve max_fails=2 fail_timeout=1s;"
            assert line in text
            text = text.replace(
                line,
                "\n".join(line.replace(f"{name}:{port} resolve", f"127.0.0.1:{here}") for here in self.ports[name]),
            )
        for port in (8001, 8002, 8080):
            self.ports[f"nginx-{port}"] = [free_port()]
            text = text.replace(f"listen {port};", f"listen 127.0.0.1:{self.ports[f'nginx-{port}'][0]};")
        configuration = self.directory / "nginx.conf"
        configuration.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        argv = [program, "-p", str(self.directory), "-c", str(configuration), *self.services["nginx"]["entrypoint"][1:]]
        self.running["nginx"] = [self._spawn("nginx", argv, dict(os.environ), signal.SIGQUIT)]
        until(lambda: answers(f"http://127.0.0.1:{self.ports['nginx-8080'][0]}/health/live"), "nginx answers")

    def _spawn(
        self, name: str, argv: list[str], env: dict[str, str], stop: signal.Signals = signal.SIGTERM
    ) -> subprocess.Popen[bytes]:
        with (self.directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(argv, env=env, cwd="/", stdout=log, stderr=log, start_new_session=True)
        self._stack.callback(_end, process, stop)
        return process

    def _by_path(self, argv: list[str], env: dict[str, str]) -> list[str]:
        return [str(shutil.which(argv[0], path=env["PATH"])), *argv[1:]]

    def close(self) -> None:
        self._stack.close()

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.directory.glob("*.log")))


def _pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@contextmanager
def database(host: Host, postgres_url: str, name: str) -> Iterator[None]:
    """Make the service's database with compose's own script; a name of this run's keeps a shared server clean."""
    service, admin = host.services[name], urlsplit(postgres_url)
    there = service["environment"]["DATABASE"]
    here = f"{there}_{os.getpid()}"
    host.places |= {there: here, f"{name}:5432": f"{admin.hostname}:{admin.port or 5432}"}
    env = {
        **service["environment"],
        "DATABASE": here,
        "POSTGRES_USER": admin.username or "postgres",
        "PGHOST": admin.hostname or "",
        "PGPORT": str(admin.port or 5432),
        "PGPASSWORD": admin.password or "",
        "PATH": f"{find_postgres().directory}:/usr/bin:/bin",
    }
    made = subprocess.run(
        [COMPOSE / "postgres" / "create-database.sh"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr
    try:
        yield
    finally:
        for statement in (f"DROP DATABASE {here} WITH (FORCE)", f"DROP ROLE {here}_app", f"DROP ROLE {here}_owner"):
            subprocess.run(
                ["psql", "--no-psqlrc", "-U", env["POSTGRES_USER"], "-d", "postgres", "-c", statement],
                env=env,
                capture_output=True,
                timeout=60,
                check=True,
            )
