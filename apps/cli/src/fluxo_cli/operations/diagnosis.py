"""What `fluxo doctor` looks at: each check yields what it found and what to do about it."""

import os
import pwd
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx2
import orjson
from fluxo_local.embedded.binaries import find_postgres, find_valkey
from fluxo_local.embedded.confinement import namespace_reaches
from fluxo_local.errors import CommandError
from fluxo_local.nginx import find_nginx
from fluxo_local.ports import is_free
from fluxo_local.runtime import is_supervised
from fluxo_local.services import DASHBOARD, SERVICES
from fluxo_local.settings import Settings

from fluxo_cli.operations.postgres_client import Psql

_DISK_FREE_BYTES_MIN = 1024**3
_TIMEOUT_S = 3.0
_DEFAULT_PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379, "valkey": 6379}
_OUTBOX_DATABASE = "FLUXO_ENTRIES_DATABASE_URL"
_PREPARED_MAX = "SHOW max_prepared_transactions;"
_PREPARED = """
SELECT concat(quote_literal(gid), ' in ', database, ' since ', date_trunc('second', prepared)) FROM pg_prepared_xacts
WHERE prepared < now() - interval '1 minute' ORDER BY prepared;
"""
_PORTS = {
    0: DASHBOARD,
    **{service.port: f"{service.name} API" for service in SERVICES},
    3: "postgres",
    4: "valkey-streams",
    5: "valkey-cache",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`fail` keeps the system from working, `warn` limits it."""

    status: Literal["ok", "warn", "fail"]
    subject: str
    detail: str
    advice: str = ""


def diagnose(settings: Settings, data_dir: Path, port_base: int) -> Iterator[Finding]:
    yield _python()
    embedded_postgres = not settings.has_all_databases()
    embedded_valkey = settings.streams_url is None or settings.cache_url is None
    if embedded_postgres:
        yield _postgres()
        yield from _account()
    if embedded_valkey:
        yield _valkey()
    yield _nginx()
    yield _permissions(data_dir)
    yield _disk(data_dir)
    yield from _ports(data_dir, port_base)
    yield _events(settings)
    yield _row_security(settings)
    for name, url in _external(settings):
        yield _reachable(name, url)
        if name == _OUTBOX_DATABASE:
            yield _prepared_transactions(url)
    if settings.auth_jwks_url is not None:
        yield _jwks(settings.auth_jwks_url)
    if settings.oidc_issuer is not None:
        yield _provider(settings.oidc_issuer)
    elif not settings.has_page():
        advice = "Set FLUXO_OIDC_ISSUER and FLUXO_OIDC_CLIENT_ID if people are to sign in there."
        yield Finding("warn", "Page", "there is none, as nobody could sign in", advice)


def _events(settings: Settings) -> Finding:
    if settings.events_key is not None or settings.streams_url is None:
        return Finding(
            "ok", "Events", f"signed, by a key {'that is made up' if settings.events_key is None else 'given'}"
        )
    advice = "Set FLUXO_EVENTS_KEY for relay and projector: docs/operating/secure.md says in which order."
    return Finding("warn", "Events", "unsigned: who may write to the streams server can change balances", advice)


def _row_security(settings: Settings) -> Finding:
    without = [
        service
        for service in SERVICES
        if settings.database_url(service) is not None and settings.api_url(service) is None
    ]
    if not without:
        return Finding("ok", "Row-level security", "each API has a role of its own")
    names = " and ".join(service.api_variable for service in without)
    advice = f"Set {names}: docs/operating/secure.md says how."
    return Finding("warn", "Row-level security", "off: an API's statement that errs could read all merchants", advice)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - the packaging forbids it, a copied environment may not
        return Finding("fail", "Python", version, "Use Python 3.11 or newer.")
    return Finding("ok", "Python", f"{version} at {sys.executable}")


def _postgres() -> Finding:
    try:
        found = find_postgres()
        return Finding("ok", "PostgreSQL", f"{found.version()} from {found.source}: {found.directory}")
    except CommandError as error:
        return Finding("fail", "PostgreSQL", "not found", str(error))


def _valkey() -> Finding:
    try:
        found = find_valkey()
        return Finding("ok", "Valkey", f"{found.version()} from {found.source}: {found.server}")
    except CommandError as error:
        return Finding("fail", "Valkey", "not found", str(error))


def _account() -> Iterator[Finding]:
    if os.geteuid() != 0:
        try:
            name = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            advice = "PostgreSQL refuses an account without a name: add one to /etc/passwd, or use a server by URL."
            yield Finding("fail", "Account", f"user id {os.geteuid()} has no name", advice)
        else:
            yield Finding("ok", "Account", name)
    elif namespace_reaches():
        yield Finding("ok", "Account", "root; PostgreSQL gets a user namespace of its own")
    else:
        advice = "Nothing to do; run as an ordinary user to keep all data in the data directory."
        yield Finding("warn", "Account", "root without user namespaces: PostgreSQL's data go to /var/lib/fluxo", advice)


def _nginx() -> Finding:
    try:
        return Finding("ok", "nginx", find_nginx())
    except CommandError as error:
        return Finding("warn", "nginx", "not found: only --replicas 1", str(error))


def _permissions(data_dir: Path) -> Finding:
    subject = "Data directory"
    existing = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding("fail", subject, f"{existing} is not writable", "Choose another --data-dir.")
    if not data_dir.exists():
        return Finding("ok", subject, f"{data_dir} will be created")
    if data_dir.stat().st_uid != os.geteuid():
        advice = "Run as its owner, or choose another --data-dir."
        return Finding("fail", subject, f"{data_dir} belongs to somebody else", advice)
    if stat.S_IMODE(data_dir.stat().st_mode) & 0o077:
        return Finding("warn", subject, f"{data_dir} is open to others", f"chmod 700 {data_dir}")
    return Finding("ok", subject, f"{data_dir} is private")


def _disk(data_dir: Path) -> Finding:
    existing = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1024**3:.1f} GB free"
    if free < _DISK_FREE_BYTES_MIN:
        return Finding("warn", "Disk", detail, "Make room: PostgreSQL stops when the disk is full.")
    return Finding("ok", "Disk", detail)


def _ports(data_dir: Path, port_base: int) -> Iterator[Finding]:
    if is_supervised(data_dir):
        yield Finding("ok", "Ports", "Fluxo runs on this data directory and holds them")
        return
    busy = [f"{port_base + offset} ({name})" for offset, name in _PORTS.items() if not is_free(port_base + offset)]
    if busy:
        yield Finding("fail", "Ports", f"busy: {', '.join(busy)}", "Stop what listens there, or choose a --port-base.")
    else:
        yield Finding("ok", "Ports", f"{port_base} to {port_base + 5} are free")


def _external(settings: Settings) -> Iterator[tuple[str, str]]:
    urls = {service.database_variable: settings.database_url(service) for service in SERVICES}
    urls |= {service.api_variable: settings.api_url(service) for service in SERVICES}
    urls |= {"FLUXO_STREAMS_URL": settings.streams_url, "FLUXO_CACHE_URL": settings.cache_url}
    yield from ((variable, url) for variable, url in urls.items() if url is not None)


def _reachable(name: str, url: str) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    if host is None or port is None:
        return Finding("fail", name, "is not a URL with a host", "Write it as scheme://user:password@host:port/name.")
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except OSError as error:
        return Finding(
            "fail", name, f"{host}:{port} is out of reach: {error}", "Start the server, or mend the variable."
        )
    return Finding("ok", name, f"{host}:{port} answers")


def _prepared_transactions(url: str) -> Finding:
    subject = "Prepared transactions"
    try:
        with Psql(url) as psql:
            (allowed,), forgotten = psql.run(_PREPARED_MAX), psql.run(_PREPARED)
    except CommandError as error:
        return Finding("warn", subject, f"not known: {error}", "Mend the entries database's URL.")
    if forgotten:
        advice = "While one is there no event is published. In its database: ROLLBACK PREPARED, or COMMIT PREPARED."
        return Finding("fail", subject, f"waiting: {', '.join(forgotten)}", advice)
    if allowed != "0":
        advice = "Set it to 0 unless somebody needs it: a forgotten prepared transaction holds all events back."
        return Finding("warn", subject, f"max_prepared_transactions is {allowed}", advice)
    return Finding("ok", subject, "max_prepared_transactions is 0")


def _jwks(url: str) -> Finding:
    name, parts = "FLUXO_AUTH_JWKS_URL", urlsplit(url)
    try:
        if parts.scheme == "file":
            document = orjson.loads(Path(unquote(parts.path)).read_bytes())
        else:
            document = httpx2.get(url, timeout=_TIMEOUT_S).raise_for_status().json()
        count = len(document["keys"])
    except (OSError, ValueError, KeyError, TypeError, httpx2.HTTPError) as error:
        return Finding("fail", name, f"no key set: {error}", "Name the JWKS document of your identity provider.")
    return Finding("ok", name, f"{count} keys")


def _provider(issuer: str) -> Finding:
    name = "FLUXO_OIDC_ISSUER"
    try:
        answer = httpx2.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=_TIMEOUT_S)
        named = answer.raise_for_status().json()["issuer"]
    except (ValueError, KeyError, TypeError, httpx2.HTTPError) as error:
        return Finding("fail", name, f"tells nothing of itself: {error}", "Name your OpenID Connect provider.")
    if named != issuer:
        return Finding("fail", name, f"it calls itself {named}", "Write it exactly so.")
    return Finding("ok", name, "answers under this name")
