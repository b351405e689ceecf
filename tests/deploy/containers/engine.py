"""An engine of the tests' own: Debian's, in namespaces of its own, and gone with all that it made when it is closed.

It shares neither network nor processes nor mounts with the machine, whose firewall and other engine stay as they are.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2

from tests.harness.ports import free_port
from tests.harness.waiting import until

# Debian's, and not what else there may be of that name: a client and an engine of one version.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = {"dockerd": "docker.io", "docker": "docker.io", "slirp4netns": "slirp4netns", "mmdebstrap": "mmdebstrap"}
OWN_SPACE = ("unshare", "--net", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child", "--mount-proc")
ADDRESS = "10.0.2.100"
"""The engine's own, in the network that slirp4netns makes for it."""
NAME_SERVER = "10.0.2.3"
MEMORY_MIN_KB = 6_000_000
CGROUPS = Path("/sys/fs/cgroup")


def what_is_missing() -> str:
    """Say why no engine can run here; nothing where one can."""
    packages = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program, path=PATH)})
    space = subprocess.run([*OWN_SPACE, "true"], capture_output=True, check=False)
    memory_kb = int(re.findall(r"MemAvailable: +([0-9]+) kB", Path("/proc/meminfo").read_text())[0])
    reasons = {
        "a container engine needs root": os.geteuid() != 0,
        f"not installed; apt install {' '.join(packages)}": packages,
        "this machine gives no namespaces": space.returncode,
        "this machine gives no control groups": not any((CGROUPS / one).exists() for one in ("pids", "cgroup.procs")),
        "this machine gives no /dev/net/tun": not Path("/dev/net/tun").exists(),
        f"the images want {MEMORY_MIN_KB / 1e6:g} GB of free memory": memory_kb < MEMORY_MIN_KB,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class Engine:
    """A running engine; `close` ends it and every container in it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "docker.sock"
        self.host = f"unix://{self._socket}"
        self.group = f"fluxo-{os.getpid()}"
        """The control group of all that runs in its space."""
        self._stack = ExitStack()
        self._stack.callback(self._remove_groups)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        options = [f"--{option}={self._directory / place}" for option, place in places.items()]
        # It reads a line first: the network is made for a process that is there already.
        dockerd = ["exec", "dockerd", f"--host={self.host}", f"--dns={NAME_SERVER}", f"--cgroup-parent=/{self.group}"]
        # Images in memory: they are made faster, and nothing has to be removed.
        data = self._directory / places["data-root"]
        own = [f"mkdir -p {place} && mount -t tmpfs tmpfs {place}" for place in ("/run/containerd", data)]
        command = " && ".join(["read _", *own, "ip link set lo up", " ".join([*dockerd, *options])])
        with (self._directory / "engine.log").open("wb") as log:
            self._space = subprocess.Popen(
                [*OWN_SPACE, "sh", "-c", command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | {"PATH": PATH},
                start_new_session=True,
            )
            self._stack.callback(self._end)
            children = Path(f"/proc/{self._space.pid}/task/{self._space.pid}/children")
            until(lambda: children.read_text().split(), 20, what="the engine's own space")
            self._init = int(children.read_text().split()[0])
            network = ["slirp4netns", "--configure", "--mtu=65520", f"--api-socket={self._directory / 'network.sock'}"]
            self._network = subprocess.Popen(
                [*network, str(self._init), "tap0"], stdout=log, stderr=log, start_new_session=True
            )
            self._stack.callback(self._end_network)
        until((self._directory / "network.sock").exists, 20, what="the engine's network")
        assert self._space.stdin
        self._space.stdin.write(b"\n")
        self._space.stdin.close()
        self.api = httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(self._socket)), base_url="http://engine", timeout=60
        )
        self._stack.callback(self.api.close)
        until(self._answers, 60, what="the engine")

    def _answers(self) -> bool:
        assert self._space.poll() is None, (self._directory / "engine.log").read_text()[-2000:]
        try:
            return self.api.get("/_ping").status_code == 200
        except httpx2.HTTPError:
            return False

    def docker(self, *arguments: str | Path, within_s: float = 60) -> str:
        """What Docker's own client says; AssertionError with its complaint."""
        return told([shutil.which("docker", path=PATH), *arguments], within_s, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        own = {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1", "HOME": str(self._directory), "PATH": PATH}
        return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")} | own

    def kill(self, container: str) -> None:
        """SIGKILL, as the kernel sends it: the engine's own `kill` would keep it from starting again."""
        pid = self.api.get(f"/containers/{container}/json").json()["State"]["Pid"]
        assert pid, container
        told([*self.enter, "sh", "-c", f"kill -KILL {pid}"])

    @property
    def enter(self) -> tuple[str, ...]:
        """What goes before a command that is to run where the engine does."""
        return ("nsenter", f"--target={self._init}", "--net", "--mount", "--pid")

    def published(self, port: int) -> int:
        """The port of this machine that leads to one that a container has at `ADDRESS`."""
        here = free_port()
        rule = {"proto": "tcp", "host_addr": "127.0.0.1", "host_port": here, "guest_addr": ADDRESS, "guest_port": port}
        with socket.socket(socket.AF_UNIX) as network:
            network.connect(str(self._directory / "network.sock"))
            network.sendall(json.dumps({"execute": "add_hostfwd", "arguments": rule}).encode())
            network.shutdown(socket.SHUT_WR)
            answer = network.recv(4096)
        assert b"error" not in answer, answer
        return here

    def close(self) -> None:
        self._stack.close()

    def _end(self) -> None:
        """Ask it to end; what is then left of its processes and mounts goes with its space."""
        if (self._directory / "pid").exists():
            os.kill(self._init, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._space.wait(30)
        self._space.kill()
        self._space.wait(10)

    def _end_network(self) -> None:
        self._network.terminate()
        self._network.wait(10)

    def _remove_groups(self) -> None:
        """Empty by now: a control group goes from the innermost outwards."""
        for group in (*CGROUPS.glob(f"*/{self.group}"), CGROUPS / self.group):
            for place in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                place.rmdir()
            if group.exists():
                group.rmdir()


def told(argv: list, within_s: float = 60, environment: dict[str, str] | None = None) -> str:
    """What a program says; AssertionError with its complaint, or where it takes longer."""
    try:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=within_s, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{argv} takes longer than {within_s:g} s: {late.stderr}") from late
    assert done.returncode == 0, f"{argv}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout
