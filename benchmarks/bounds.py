"""What the same machine can do without us: the figure that each of ours is divided by."""

import os
import re
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fluxo_local.spawn import spawn, stop

from benchmarks.tools import CACHE_BENCHMARK, NGINX, SystemFailedError

_STATIC: Final = """\
daemon off;
{user}pid {directory}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
"""


@contextmanager
def static_server(port: int, body: bytes, cpu: int) -> Iterator[str]:
    """Serve `body` by nginx with one worker on one core; yields the address."""
    with tempfile.TemporaryDirectory(prefix="fluxo-bench-nginx-") as name:
        directory = Path(name)
        configuration = directory / "nginx.conf"
        user = "user root;\n" if os.geteuid() == 0 else ""
        text = body.decode().replace("'", "\\'")
        configuration.write_text(_STATIC.format(directory=directory, port=port, body=text, user=user))
        with (directory / "log").open("wb") as log:
            pinned, nginx = ["taskset", "--cpu-list", str(cpu)], [NGINX.path(), "-p", name, "-e", "stderr"]
            process = spawn([*pinned, *nginx, "-c", configuration], log=log, on_parent_death=signal.SIGTERM)
        try:
            _wait_for(port, directory / "log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            stop(process, ((signal.SIGTERM, 5.0),))


def cache_gets_per_s(url: str, value_bytes: int, connections: int, requests: int) -> float:
    """Return the GETs a second that the cache server answers to its own benchmark, unpipelined."""
    parts = urlsplit(url)
    printed = CACHE_BENCHMARK.run(
        [
            *("-h", parts.hostname or ""),
            *("-p", str(parts.port)),
            *("-a", parts.password or ""),
            *("-c", str(connections)),
            *("-n", str(requests)),
            *("-d", str(value_bytes)),
            *("-t", "set,get"),
            "--csv",
        ],
        within_s=120,
    )
    found = re.search(r'^"GET","([0-9.]+)"', printed, re.MULTILINE)
    if found is None:
        raise SystemFailedError(f"the cache's benchmark failed: {printed.strip()}")
    return float(found.group(1))


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemFailedError(f"nginx did not start: {log.read_text()}")
