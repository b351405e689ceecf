"""Valkeys under three sentinels, each as if on a host of its own: the driver says who can't reach whom."""

import asyncio
import contextlib
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

import redis
from fluxo_local.embedded.directory import make_private, password_in
from fluxo_local.embedded.valkey import find_valkey
from fluxo_local.spawn import spawn, stop

from tests.harness.proxy import Proxy

QUORUM: Final = 2
SENTINELS: Final = ("sentinel-1", "sentinel-2", "sentinel-3")
SERVICES: Final = {"streams": ("streams-1", "streams-2", "streams-3"), "cache": ("cache-1", "cache-2")}
MEMBERS: Final = (*SERVICES["streams"], *SERVICES["cache"], *SENTINELS)
ANNOUNCED: Final = 20
"""So far above its port is the one by which others find a member: a proxy's."""

_RESTART_PAUSE_S: Final = 0.3
_POLL_S: Final = 0.1
_SERVER: Final = """\
port {port}
bind 127.0.0.1
bind-source-addr {host}
dir "{directory}"
requirepass {password}
masterauth {password}
replica-announce-ip 127.0.0.1
replica-announce-port {announced}
repl-diskless-sync-delay 0
save ""
"""
_KEEPING: Final = {
    "streams": "appendonly yes\nmaxmemory-policy noeviction\n",
    "cache": "maxmemory-policy allkeys-lru\n",
}
_SENTINEL: Final = """\
port {port}
bind 127.0.0.1
bind-source-addr {host}
dir "{directory}"
protected-mode no
sentinel announce-ip 127.0.0.1
sentinel announce-port {announced}
"""
_WATCH: Final = """\
sentinel monitor {service} 127.0.0.1 {primary} {quorum}
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 2000
sentinel failover-timeout {service} 3000
"""


async def until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait until something holds that nobody tells us of; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - that is what it is for
            await asyncio.sleep(_POLL_S)


class Member:
    """A Valkey or a sentinel. Its file is written once: both rewrite it as they learn."""

    def __init__(self, name: str, directory: Path, port: int, number: int) -> None:
        self.name = name
        self.directory = directory
        self.port = port
        self.host = f"127.0.0.{10 + number}"
        """Whence its own connections come, to the proxies of the others."""
        self.proxy = Proxy(f"tcp://127.0.0.1:{port}", port + ANNOUNCED)
        self.process: subprocess.Popen[bytes] | None = None
        self.is_away = False
        """While it is, nobody starts it again."""

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def configure(self, template: str, **more: object) -> None:
        make_private(self.directory)
        own = {"port": self.port, "announced": self.proxy.port, "host": self.host, "directory": self.directory}
        self._configuration.write_text(template.format(**own, **more))

    def spawn(self) -> None:
        role = ("--sentinel",) if self.name in SENTINELS else ()
        with (self.directory / "server.log").open("ab") as log:
            self.process = spawn([find_valkey().server, self._configuration, *role], log=log)

    @property
    def _configuration(self) -> Path:
        return self.directory / "valkey.conf"


class Watched:
    """The members, which are started again when they die, unless they are `away`."""

    def __init__(self, data_dir: Path, first_port: int) -> None:
        self.members = {
            name: Member(name, data_dir / name, first_port + number, number) for number, name in enumerate(MEMBERS)
        }
        self._password = password_in(data_dir / "valkeys")
        self._keeping: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Spawns from this thread, with which they would die."""
        watched = ""
        for service, names in SERVICES.items():
            primary = self.members[names[0]].proxy.port
            for name in names:
                replica_of = "" if name == names[0] else f"replicaof 127.0.0.1 {primary}\n"
                template = _SERVER + _KEEPING[service] + replica_of
                self.members[name].configure(template, password=self._password)
            watched += _WATCH.format(service=service, primary=primary, quorum=QUORUM, password=self._password)
        for name in SENTINELS:
            self.members[name].configure(_SENTINEL + watched)
        for member in self.members.values():
            await member.proxy.start()
            member.spawn()
        self._keeping = [asyncio.create_task(self._keep(member)) for member in self.members.values()]
        for service in SERVICES:
            await self.until_replaceable(service)

    async def stop(self) -> None:
        for task in self._keeping:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for member in self.members.values():
            member.proxy.close()
            if member.process is not None:
                await asyncio.to_thread(stop, member.process, ((signal.SIGTERM, 5.0),))

    def url(self, service: str) -> str:
        hosts = ",".join(f"127.0.0.1:{self.members[name].proxy.port}" for name in SENTINELS)
        return f"redis+sentinel://:{self._password}@{hosts}/{service}"

    def primary(self, service: str) -> Member | None:
        """Which one most sentinels name, if there is such a one."""
        named = Counter[int]()
        for sentinel in SENTINELS:
            with contextlib.suppress(redis.RedisError), self._client(sentinel) as client:
                _, port = client.sentinel_get_master_addr_by_name(service) or ("", 0)
                named[port] += 1
        port, votes = named.most_common(1)[0] if named else (0, 0)
        found = (member for member in self.members.values() if member.proxy.port == port)
        return next(found, None) if votes >= QUORUM else None

    def others(self, service: str, primary: Member) -> list[Member]:
        return [self.members[name] for name in SERVICES[service] if name != primary.name]

    def demote(self, service: str) -> None:
        """Raises redis.RedisError when the sentinel is asked in vain."""
        with self._client(next(name for name in SENTINELS if self.members[name].runs)) as client:
            client.execute_command("SENTINEL", "FAILOVER", service)

    @contextlib.asynccontextmanager
    async def away(self, *members: Member) -> AsyncIterator[None]:
        """Kill them, and let them be started again afterwards."""
        for member in members:
            member.is_away = True
            if member.process is not None:
                member.process.kill()
        try:
            yield
        finally:
            for member in members:
                member.is_away = False

    @contextlib.asynccontextmanager
    async def parted(self, some: Sequence[Member], others: Sequence[Member]) -> AsyncIterator[None]:
        """Let nothing pass between these and those; both still hear clients."""
        sides = [(member, {each.host for each in others}) for member in some]
        sides += [(member, {each.host for each in some}) for member in others]
        for member, hosts in sides:
            member.proxy.shut_out(hosts - {member.host})
        try:
            yield
        finally:
            for member, _ in sides:
                member.proxy.shut_out(frozenset())

    async def until_replaceable(self, service: str) -> Member:
        """Return the primary, once each sentinel that runs knows a replica that could follow it."""
        await until(lambda: self._is_replaceable(service) and self.primary(service) is not None)
        primary = self.primary(service)
        assert primary is not None
        return primary

    async def until_replaced(self, service: str, before: Member) -> None:
        await until(lambda: self.primary(service) not in {None, before})

    def _is_replaceable(self, service: str) -> bool:
        try:
            for sentinel in SENTINELS:
                if self.members[sentinel].runs:
                    with self._client(sentinel) as client:
                        replicas = client.execute_command("SENTINEL", "REPLICAS", service)
                        others = client.execute_command("SENTINEL", "SENTINELS", service)
                    if not any(_follows(each) for each in replicas) or len(others) < len(SENTINELS) - 1:
                        return False
        except redis.RedisError:
            return False
        return True

    def _client(self, name: str) -> redis.Redis:
        return redis.Redis(port=self.members[name].port, socket_timeout=0.5, decode_responses=True)

    async def _keep(self, member: Member) -> None:
        while True:
            if not member.runs and not member.is_away:
                await asyncio.sleep(_RESTART_PAUSE_S)
                member.spawn()
            await asyncio.sleep(_POLL_S)


def _follows(replica: dict[str, object]) -> bool:
    return replica["master-link-status"] == "ok" and "down" not in str(replica["flags"])
