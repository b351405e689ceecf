"""The load balancer in front of several instances of each API."""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fluxo_local.embedded.directory import make_private, write_private
from fluxo_local.errors import CommandError
from fluxo_local.supervision.managed_processes import HttpProcess

_BAD_USAGE = 2
_SBIN = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"  # where nginx is, and an ordinary user's PATH often is not

# An instance that fails is left alone for a second, and its request is tried on another one. A write may have been
# carried out by then, so nginx by itself passes POST and PATCH on only when they could not be sent at all. With an
# idempotency key it is one write however often it is sent, and may be tried again as reads are. An answer, also a 503,
# is an answer: a crowd that one instance sheds must not be sent to the next.
_CONFIGURATION = """\
daemon off;
{user}pid {directory}/nginx.pid;
error_log stderr warn;
worker_processes auto;
worker_shutdown_timeout 10s;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    server_tokens off;
    keepalive_requests 100000;
    client_max_body_size 0;  # each service has its own limits, and says so in its own words
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_connect_timeout 1s;
    proxy_read_timeout 5s;  # services answer within 1.5 s, and within 3.5 when they wait for an entry
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout 8s;
{upstreams}
    server {{
        listen 127.0.0.1:{health_port};
        location /health/ {{ return 200 "up\\n"; }}
    }}
}}
"""
_UPSTREAM = """\
    upstream {name} {{
        zone {name} 64k;  # what one worker finds out about an instance, all know
        least_conn;
{servers}
        keepalive 64;
    }}
    server {{
        listen {address}:{port};
        location / {{
            error_page 418 = @with_key;
            if ($http_idempotency_key) {{ return 418; }}
            proxy_pass http://{name};
        }}
        location @with_key {{
            proxy_next_upstream error timeout non_idempotent;
            proxy_pass http://{name};
        }}
        location = /v1/entries/bulk {{
            proxy_read_timeout 15s;  # a bulk is given 10 s
            proxy_pass http://{name};
        }}
    }}
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One public port, and the instances behind it: ports of this machine, or `host:port` of any."""

    name: str
    port: int
    instances: Sequence[int | str]
    address: str = "127.0.0.1"


def find_nginx() -> str:
    """The nginx program; raises CommandError with exit status 2 and where to get it."""
    found = shutil.which("nginx") or shutil.which("nginx", path=_SBIN)
    if found is None:
        raise CommandError(
            "More than one replica needs a load balancer, and nginx is not on this machine: install it "
            "(Debian: apt install nginx-light; macOS: brew install nginx), or run with --replicas 1.",
            exit_status=_BAD_USAGE,
        )
    return found


def balancer(
    directory: Path, upstreams: Sequence[Upstream], *, health_port: int, env: Mapping[str, str]
) -> HttpProcess:
    """Nginx as a process to supervise, with its configuration written into `directory`."""
    make_private(directory)
    configuration = directory / "nginx.conf"
    write_private(configuration, _configuration(directory.resolve(), upstreams, health_port))
    return HttpProcess(
        name="nginx",
        argv=[find_nginx(), "-p", directory.resolve(), "-e", "stderr", "-c", configuration.resolve()],
        env=env,
        port=upstreams[0].port,
        health_port=health_port,
        stop_steps=((signal.SIGQUIT, 15.0),),
        on_parent_death=signal.SIGTERM,
    )


def _configuration(directory: Path, upstreams: Sequence[Upstream], health_port: int) -> str:
    return _CONFIGURATION.format(
        directory=directory,
        # Started by root, its workers would change to an account that cannot enter a private data directory.
        user="user root;\n" if os.geteuid() == 0 else "",
        health_port=health_port,
        upstreams="".join(
            _UPSTREAM.format(
                name=upstream.name,
                address=upstream.address,
                port=upstream.port,
                servers="\n".join(
                    f"        server {_where(instance)} max_fails=2 fail_timeout=1s;" for instance in upstream.instances
                ),
            )
            for upstream in upstreams
        ),
    )


def _where(instance: int | str) -> str:
    return f"127.0.0.1:{instance}" if isinstance(instance, int) else instance
