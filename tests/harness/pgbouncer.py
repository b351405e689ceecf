"""A PgBouncer before a PostgreSQL, where the program is there: Debian's package `pgbouncer`."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import pytest
from fluxo_local.spawn import spawn, stop

from tests.harness.ports import free_port
from tests.harness.waiting import until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed (Debian: pgbouncer)")
CONFIGURATION = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {pool_mode}
default_pool_size = 40
server_idle_timeout = 1
"""


@contextmanager
def pgbouncer(urls: list[str], pool_mode: str = "session") -> Iterator[list[str]]:
    """Start one for users of one server, set up as little as can be; yields their URLs, each by way of it."""
    parts = [urlsplit(url) for url in urls]
    port = free_port()
    # It refuses to be root, and another account gets into no directory of root's.
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with tempfile.TemporaryDirectory() as name:
        users, configuration, log = (Path(name, file) for file in ("users", "pgbouncer.ini", "log"))
        users.write_text("".join(f'"{unquote(each.username)}" "{unquote(each.password)}"\n' for each in parts))
        where = {"host": parts[0].hostname, "port": parts[0].port, "listen_port": port, "users": users}
        configuration.write_text(CONFIGURATION.format(pool_mode=pool_mode, **where))
        for path in (Path(name), users, configuration):
            os.chown(path, account.pw_uid, account.pw_gid)
        with log.open("wb") as output:
            process = spawn([PROGRAM, configuration], log=output, user=account.pw_uid, group=account.pw_gid)
        try:
            until(lambda: listens(port) or process.poll() is not None, what="PgBouncer")
            assert process.poll() is None, log.read_text()
            yield [_by_way_of(port, each) for each in parts]
        finally:
            stop(process, ((signal.SIGTERM, 5.0),))


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _by_way_of(port: int, url: SplitResult) -> str:
    return urlunsplit(url._replace(netloc=f"{url.username}:{url.password}@127.0.0.1:{port}"))


def version() -> str:
    assert PROGRAM is not None
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[1]
