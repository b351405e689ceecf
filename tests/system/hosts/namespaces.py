"""Hosts of a network as namespaces that only this process holds: none has a name, and all end with the process."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network stack of its own. What this thread opens or starts `inside` is in it, and stays there."""

    def __init__(self) -> None:
        home = _current()
        try:
            _checked(_LIBC.unshare(_CLONE_NEWNET))
            self.descriptor = _current()
        finally:
            _enter(home)
            os.close(home)

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        came_from = _current()
        _enter(self.descriptor)
        try:
            yield
        finally:
            _enter(came_from)
            os.close(came_from)

    def ip(self, *arguments: str) -> None:
        with self.inside():
            done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def close(self) -> None:
        os.close(self.descriptor)


class Host(Namespace):
    """A machine on the network. `cut` takes its cable out: nobody is told, nothing is refused, it is only silent."""

    def __init__(self, number: int, switch: Namespace) -> None:
        super().__init__()
        self.address, self.mac = f"10.0.0.{number}", f"02:00:00:00:00:{number:02x}"
        self._switch, self._port = switch, f"port{number}"
        switch.ip(*f"link add name {self._port} type veth peer name eth0 address {self.mac} netns {self.path}".split())
        switch.ip("link", "set", self._port, "master", "switch", "up")
        self.ip("address", "add", f"{self.address}/24", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")
        self.ip("link", "set", "lo", "up")

    def knows(self, other: "Host") -> None:
        """Let it never ask for the other's hardware address: the kernel would tell it in seconds that nobody answers.

        Beyond a router nobody tells it.
        """
        neighbour = f"neighbour replace {other.address} lladdr {other.mac} dev eth0 nud permanent"
        self.ip(*neighbour.split())

    def cut(self) -> None:
        self._switch.ip("link", "set", self._port, "down")

    def heal(self) -> None:
        self._switch.ip("link", "set", self._port, "up")


class Network:
    """So many hosts on one switch, 10.0.0.1 and up."""

    def __init__(self, hosts: int) -> None:
        with ExitStack() as opened:
            switch = Namespace()
            opened.callback(switch.close)
            switch.ip("link", "add", "name", "switch", "type", "bridge")
            switch.ip("link", "set", "switch", "up")
            self.hosts: list[Host] = []
            for number in range(1, hosts + 1):
                self.hosts.append(Host(number, switch))
                opened.callback(self.hosts[-1].close)
            for host in self.hosts:
                for other in self.hosts:
                    if other is not host:
                        host.knows(other)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def obstacle() -> str:
    """Say in a line why there can be no such network on this machine; empty where there can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "making network namespaces takes root"
    try:
        with Network(1):
            return ""
    except FileNotFoundError:
        return "ip is not on this machine (Debian: apt install iproute2)"
    except OSError as error:
        return f"no network namespaces here: {error}"


def _current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _enter(descriptor: int) -> None:
    _checked(_LIBC.setns(descriptor, _CLONE_NEWNET))


def _checked(status: int) -> None:
    if status != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
