"""What `fluxo doctor` looks at: each check yields what it found and what to do about it."""

import os
import pwd
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from fluxo_contracts.signatures import keys_of
from fluxo_local.connections import shortages
from fluxo_local.cores import replicas_for, usable_cores
from fluxo_local.embedded.binaries import find_postgres, find_valkey
from fluxo_local.embedded.confinement import namespace_reaches
from fluxo_local.errors import CommandError
from fluxo_local.nginx import find_nginx
from fluxo_local.ports import is_free
from fluxo_local.runtime import is_supervised
from fluxo_local.services import DASHBOARD, SERVICES
from fluxo_local.settings import Settings

from fluxo_cli.operations.connection_limits import claims
from fluxo_cli.operations.finding import Finding
from fluxo_cli.operations.given_servers import look_at_given_servers
from fluxo_cli.output.rendering import counted

_DISK_FREE_BYTES_MIN = 1024**3
_PORTS = {
    0: DASHBOARD,
    **{service.port: f"{service.name} API" for service in SERVICES},
    3: "postgres",
    4: "valkey-streams",
    5: "valkey-cache",
}


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
    yield _connections(settings)
    yield _permissions(data_dir)
    yield _disk(data_dir)
    yield from _ports(data_dir, port_base)
    yield from _short_keys(settings)
    yield _events(settings)
    yield _row_security(settings)
    yield from look_at_given_servers(settings)
    if settings.oidc_issuer is None and not settings.has_page():
        advice = "Set FLUXO_OIDC_ISSUER and FLUXO_OIDC_CLIENT_ID if people are to sign in there."
        yield Finding("warn", "Page", "there is none, as nobody could sign in", advice)


def _short_keys(settings: Settings) -> Iterator[Finding]:
    for name, setting in (("FLUXO_EVENTS_KEY", settings.events_key), ("FLUXO_SEALS_KEY", settings.seals_key)):
        try:
            if setting is not None:
                keys_of(setting)
        except ValueError as error:
            yield Finding("fail", name, f"{error}".rstrip("."), "Make one with: openssl rand -hex 32")


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


def _connections(settings: Settings) -> Finding:
    """For as many replicas as `fluxo up` would start, were it for the cores alone."""
    subject, cores = "Connections", usable_cores()
    wanted = f"{counted(replicas := replicas_for(cores), 'replica')}, for {cores:g} cores"
    try:
        missing = shortages(claims(settings.databases()), replicas)
    except CommandError as error:
        return Finding("warn", subject, f"not known: {error}", "Mend the databases' URLs.")
    if missing:
        advice = "Do what stands there, or start fewer: fluxo up --replicas auto takes as many as there is room for."
        return Finding("warn", subject, f"too few for {wanted}: {' '.join(missing)}", advice)
    return Finding("ok", subject, f"enough for {wanted}")


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
