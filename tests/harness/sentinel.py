"""A primary, its replica and the Sentinel that watches over them."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from fluxo_local.embedded import valkey
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.spawn import spawn, stop

from tests.harness.ports import free_port
from tests.harness.waiting import until

SERVICE, PASSWORD = "events", "of-both-servers"
CONFIGURATION = """\
port {port}
bind 127.0.0.1
dir {directory}
protected-mode no
sentinel monitor {service} 127.0.0.1 {primary} 1
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 300
sentinel failover-timeout {service} 3000
"""


class Watched:
    """`url` leads to whichever of the servers is the primary."""

    def __init__(self, servers: list[ValkeyServer], port: int) -> None:
        self.servers = {server.port: server for server in servers}
        self.url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:{free_port()},127.0.0.1:{port}/{SERVICE}"
        self._sentinel = redis.Redis(port=port, decode_responses=True)

    @property
    def primary(self) -> ValkeyServer:
        return self.servers[self._sentinel.sentinel_get_master_addr_by_name(SERVICE)[1]]

    @property
    def replica(self) -> ValkeyServer:
        return next(server for server in self.servers.values() if server is not self.primary)

    def asked(self, server: ValkeyServer) -> redis.Redis:
        """A client of one of them that is not ours."""
        return redis.Redis(port=server.port, password=PASSWORD)

    def hurry(self) -> None:
        """Let it look more often: a server that it demotes goes on for eight seconds otherwise."""
        self._sentinel.execute_command("SENTINEL", "DEBUG", "INFO-PERIOD", 100, "PUBLISH-PERIOD", 100)

    def knows_a_replica(self) -> bool:
        replicas = self._sentinel.execute_command("SENTINEL", "REPLICAS", SERVICE)
        return any(each["master-link-status"] == "ok" for each in replicas)

    def demote(self) -> None:
        """Make the replica the primary, while both of them live."""
        self._change(lambda: self._sentinel.execute_command("SENTINEL", "FAILOVER", SERVICE))

    def kill(self) -> None:
        """End the primary at once; returns when the replica is one."""
        process = self.primary.process
        assert process is not None
        self._change(process.kill)

    def _change(self, cause: Callable[[], object]) -> None:
        before = self.primary
        cause()
        until(lambda: self.primary is not before, what="a failover")

    def answers(self) -> bool:
        try:
            return bool(self._sentinel.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def watched(servers: list[ValkeyServer], directory: Path) -> Iterator[Watched]:
    """Make the second of two servers the replica of the first, and watch over them."""
    for server in servers:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("masterauth", PASSWORD)
            client.config_set("repl-diskless-sync-delay", 0)
            if server is not servers[0]:
                client.replicaof("127.0.0.1", servers[0].port)
            client.config_set("requirepass", PASSWORD)
    port, configuration = free_port(), directory / "sentinel.conf"
    where = {"port": port, "directory": directory, "service": SERVICE, "password": PASSWORD}
    configuration.write_text(CONFIGURATION.format(primary=servers[0].port, **where))
    with (directory / "sentinel.log").open("wb") as log:
        process = spawn([valkey.find_valkey().server, configuration, "--sentinel"], log=log)
    try:
        both = Watched(servers, port)
        until(both.answers, what="Sentinel")
        both.hurry()
        until(both.knows_a_replica, what="Sentinel's replica")
        yield both
    finally:
        stop(process, ((signal.SIGTERM, 5.0),))
