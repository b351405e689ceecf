"""The load balancer in front of several instances of each API."""

import json
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
# is an answer: a crowd that one instance sheds must not be sent to the next. When all are left alone at the same time,
# nginx would answer 502 without asking one: as `backup`, never given up, each is tried once more.
_CONFIGURATION = """\
daemon off;
{user}pid {directory}/nginx.pid;
error_log stderr warn;
worker_processes auto;
worker_shutdown_timeout 10s;
events {{ worker_connections 4096; }}
http {{
    access_log off;  # each service writes one line a request
    server_tokens off;
    keepalive_requests 100000;
    client_max_body_size 64k;  # as the services and the page have it: what they refuse is not stored before
    client_body_buffer_size 64k;
    proxy_max_temp_file_size 16m;
    limit_conn_zone $binary_remote_addr zone=addresses:1m;
    limit_conn addresses 1024;  # requests under way from one address; silent ones have 10 s
    error_page 413 @too_large;
    error_page 503 @too_many;
    client_header_timeout 10s;
    client_body_timeout 30s;
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
{resolver}{readers}{upstreams}    server {{
        listen {health_address};
        location /health/ {{ return 200 "up\\n"; }}
    }}
}}
"""
_UPSTREAM = """\
    upstream {name} {{
        zone {name} 128k;  # what one worker finds out about an instance, all know
        least_conn;
{servers}
        keepalive 64;
    }}
    server {{
        listen {address};
{locations}        location = /metrics {{ return 404; }}  # for who reaches the instances
        location = /health {{ return 404; }}
{own_answers}    }}
"""
_API = """\
        location / {{
            error_page 418 = @with_key;
            error_page 413 @too_large;
            error_page 503 @too_many;
            if ($http_idempotency_key) {{ return 418; }}
            proxy_pass http://{name};
        }}
        location @with_key {{
            proxy_next_upstream error timeout non_idempotent;
            proxy_pass http://{name};
        }}
        location = /v1/entries/bulk {{
            client_max_body_size 8m;
            proxy_read_timeout 15s;  # a bulk is given 10 s
            proxy_pass http://{name};
        }}
        location = /v1/imports {{
            client_max_body_size 50m;
            proxy_request_buffering off;  # of who may not send it nothing is stored
            proxy_read_timeout 15s;
            proxy_pass http://{name};
        }}
        location = /v1/reconciliations {{
            client_max_body_size 50m;
            proxy_request_buffering off;
            proxy_read_timeout 15s;
            proxy_pass http://{name};
        }}
        location = /v1/day-closes {{
            proxy_read_timeout 15s;  # it may wait for a bulk to end, and is given 12 s
            proxy_pass http://{name};
        }}
        location = /v1/cash-book {{
            proxy_read_timeout 120s;  # it is written to its end before it is sent
            proxy_pass http://{name};
        }}
        location = /v1/daily-balances/changes {{
            proxy_buffering off;
            proxy_read_timeout 60s;  # there is a heartbeat every 15 s
            proxy_pass http://{name};
        }}
"""
_PAGE = """\
        location / {{
            proxy_read_timeout 10s;  # it asks two services, each at most twice, and answers within 8 s
            proxy_pass http://{name};
        }}
        location = /imports {{
            client_max_body_size 64m;  # more than the file, so that the page can say that it is too large
            proxy_request_buffering off;
            proxy_read_timeout 20s;
            proxy_pass http://{name};
        }}
        location /books/ {{
            proxy_read_timeout 120s;  # a cash book is written to its end before it is sent
            proxy_pass http://{name};
        }}
        location = /live {{
            proxy_buffering off;
            proxy_read_timeout 60s;  # there is a heartbeat every 15 s
            proxy_pass http://{name};
        }}
"""
# What nginx refuses itself looks as if a service had. The braces of JSON are doubled for `format`.
_OWN_ANSWERS = """\
        location @too_large {{
            default_type application/problem+json;
            return 413 '{{"type":"/problems/body-too-large","title":"Body too large","status":413,"detail":"The body is larger than this address takes.","trace_id":"$request_id"}}';
        }}
        location @too_many {{
            default_type application/problem+json;
            return 503 '{{"type":"/problems/overloaded","title":"Overloaded","status":503,"detail":"More requests are waiting than can be answered soon. Try again shortly.","trace_id":"$request_id"}}';
        }}
""".format()  # fmt: skip  # noqa: E501
# A page may read what nginx answers itself, such as 502, to know it from a network that is gone. With an answer of an
# instance that one says who may: where there is none, no attempt has a time.
_READERS = """\
    map $upstream_header_time $answers_itself {{ default 0; "" 1; "~^[-, :]*$" 1; }}
    map $answers_itself$http_origin $reader {{
        default "";
{origins}
    }}
    add_header Access-Control-Allow-Origin $reader always;
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A public address, and the instances behind it, each as `host:port`.

    With `resolve` a name stands for all instances that a name server knows under it, now and later (nginx 1.27.3).
    `is_page` is one that browsers look at.
    """

    name: str
    address: str
    instances: Sequence[str]
    resolve: bool = False
    is_page: bool = False


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
    directory: Path,
    upstreams: Sequence[Upstream],
    *,
    port: int,
    health_port: int,
    env: Mapping[str, str],
    origins: Sequence[str] = (),
) -> HttpProcess:
    """Nginx as a process to supervise, with its configuration written into `directory`.

    Pages of the `origins` may read what it answers itself.
    """
    make_private(directory)
    path = directory / "nginx.conf"
    # Started by root, its workers would change to an account that cannot enter a private data directory.
    user = "root" if os.geteuid() == 0 else None
    text = configuration(
        str(directory.resolve()), upstreams, health_address=f"127.0.0.1:{health_port}", user=user, origins=origins
    )
    write_private(path, text)
    return HttpProcess(
        name="nginx",
        argv=[find_nginx(), "-p", directory.resolve(), "-e", "stderr", "-c", path.resolve()],
        env=env,
        port=port,
        health_port=health_port,
        stop_steps=((signal.SIGQUIT, 15.0),),
        on_parent_death=signal.SIGTERM,
    )


def configuration(
    directory: str,
    upstreams: Sequence[Upstream],
    *,
    health_address: str,
    user: str | None = None,
    name_server: str | None = None,
    origins: Sequence[str] = (),
) -> str:
    """The text of nginx.conf. `directory` is for its temporary files; `name_server` is asked every five seconds."""
    return _CONFIGURATION.format(
        directory=directory,
        user="" if user is None else f"user {user};\n",
        health_address=health_address,
        resolver="" if name_server is None else f"    resolver {name_server} valid=5s ipv6=off;\n",
        readers=_READERS.format(origins="\n".join(map(_reader, origins))) if origins else "",
        upstreams="".join(
            _UPSTREAM.format(
                name=upstream.name,
                address=upstream.address,
                locations=(_PAGE if upstream.is_page else _API).format(name=upstream.name),
                servers="\n".join(_server(instance, resolve=upstream.resolve) for instance in upstream.instances),
                own_answers=_OWN_ANSWERS,
            )
            for upstream in upstreams
        ),
    )


def _reader(origin: str) -> str:
    return f"        {json.dumps('1' + origin)} $http_origin;"


def _server(instance: str, *, resolve: bool) -> str:
    server = f"        server {instance}{' resolve' if resolve else ''}"
    return f"{server} max_fails=2 fail_timeout=1s;\n{server} backup max_fails=0;"
