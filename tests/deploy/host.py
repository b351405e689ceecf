"""This machine in place of a container engine: compose's services as processes of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import redis
from fluxo_local.embedded.binaries import find_postgres, find_valkey

from tests.deploy.dockerfile import image
from tests.deploy.operator import COMPOSE, SECRET
from tests.harness.ports import free_port

STARTS_WITHIN_S = 180
UNSHARE = ("unshare", "--mount", "--propagation", "private")
CONFINED = str(Path(__file__).with_name("confined.sh"))


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

    def __init__(self, model: dict, app, directory: Path, keys: Path) -> None:
        self.services = model["services"]
        self.directory = directory
        self.places: dict[str, str] = {}
        """What stands in compose's files, and what it is here; longest first."""
        self.ports: dict[str, list[int]] = {}
        self.confines = os.geteuid() == 0 and subprocess.run([*UNSHARE, "true"], check=False).returncode == 0
        """Whether our processes get a read-only root, a numeric user and no rights, as an engine would do it."""
        if not self.confines:
            self.places["/etc/fluxo/jwks.json"] = str(keys)
        self._app, self._keys, self._roots = app, keys, 0
        self._stack = ExitStack()
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}

    def here(self, text: str) -> str:
        for there in sorted(self.places, key=len, reverse=True):
            text = text.replace(there, self.places[there])
        return text

    def environment(self, name: str, **own: str) -> dict[str, str]:
        service = self.services[name]
        told = image(service["build"]["target"]).env | service["environment"] | own
        return {key: self.here(value) for key, value in told.items()} | {"PATH": f"{self._bin(name)}:/usr/bin:/bin"}

    def argv(self, name: str, *instead: str) -> list[str]:
        """Return the command of a container, or another one inside it; confined as by an engine where that can be."""
        inside = image(self.services[name]["build"]["target"])
        argv = list(instead) or [*inside.entrypoint, *(self.services[name]["command"] or inside.command)]
        if not self.confines:
            return [f"{self._bin(name)}/{argv[0]}", *argv[1:]]
        self._roots += 1
        root = self.directory / f"root-{self._roots}"
        root.mkdir()
        app, user = self._app(self.services[name]["build"]["target"]), inside.user.split(":")[0]
        return [*UNSHARE, CONFINED, *map(str, (root, app, sys.base_prefix, user, self._keys)), *argv]

    def run(self, name: str, *instead: str, **own: str) -> int:
        """Run a one-shot, or another command in its place, to its end."""
        with (self.directory / f"{name}-once.log").open("wb") as log:
            return subprocess.run(
                self.argv(name, *instead),
                env=self.environment(name, **own),
                cwd="/",
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
            ).returncode

    def start(self, name: str) -> None:
        """Start as many of it as `scale` says."""
        self.ports[name], self.running[name] = [], []
        for _ in range(self.services[name].get("scale", 1)):
            port = free_port()
            env = self.environment(name, FLUXO_PORT=str(port))
            self.running[name].append(self._spawn(f"{name}-{port}", self.argv(name), env))
            self.ports[name].append(port)

    def _bin(self, name: str) -> str:
        return "/app/bin" if self.confines else str(self._app(self.services[name]["build"]["target"]) / "bin")

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

    def nginx(self, instances: dict[str, list[int]]) -> dict[int, int]:
        """Start nginx on compose's own file, with addresses where it has a name that stands for all instances.

        Returns the ports here of the ports there.
        """
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        if program is None:
            pytest.skip("nginx is not installed; run: apt install nginx-light")
        directory = Path(tempfile.mkdtemp(prefix="nginx-", dir=self.directory))
        text = (COMPOSE / "nginx" / "nginx.conf").read_text().replace("/tmp/", f"{directory}/")  # noqa: S108
        for name, port in (("dashboard", 8000), ("entries-api", 8001), ("balances-api", 8002)):
            servers = "\n".join(f"server 127.0.0.1:{here} \\1" for here in instances.get(name) or [free_port()])
            text, replaced = re.subn(f"server {name}:{port} resolve (.*)", servers, text)
            assert replaced
        here = {port: free_port() for port in (8000, 8001, 8002, 8080)}
        for there, port in here.items():
            text = text.replace(f"listen {there};", f"listen 127.0.0.1:{port};")
        configuration = directory / "nginx.conf"
        configuration.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        argv = [program, "-p", str(directory), "-c", str(configuration), *self.services["nginx"]["entrypoint"][1:]]
        self._spawn(directory.name, argv, dict(os.environ), signal.SIGQUIT)
        until(lambda: answers(f"http://127.0.0.1:{here[8080]}/health/live"), "nginx answers")
        return here

    def _spawn(
        self, name: str, argv: list[str], env: dict[str, str], stop: signal.Signals = signal.SIGTERM
    ) -> subprocess.Popen[bytes]:
        with (self.directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(argv, env=env, cwd="/", stdout=log, stderr=log, start_new_session=True)
        self._stack.callback(_end, process, stop)
        return process

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
        for statement in (f"DROP DATABASE {here} WITH (FORCE)", f"DROP ROLE {here}_app, {here}_api, {here}_owner"):
            subprocess.run(
                ["psql", "--no-psqlrc", "-U", env["POSTGRES_USER"], "-d", "postgres", "-c", statement],
                env=env,
                capture_output=True,
                timeout=60,
                check=True,
            )
