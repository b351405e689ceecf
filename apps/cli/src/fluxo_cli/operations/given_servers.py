"""The part of `fluxo doctor` on servers that are given by URL: whether they answer, and whether they will do."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import orjson
from fluxo_local.errors import CommandError
from fluxo_local.services import CACHE, SERVICES, STREAMS
from fluxo_local.settings import Settings

from fluxo_cli.operations.finding import Finding
from fluxo_cli.operations.postgres_client import Psql

_TIMEOUT_S = 3.0
_CHECK_SERVERS = (sys.executable, "-m", "fluxo_chassis.check_servers")  # it knows what the processes know
_CHECK_TIMEOUT_S = 30.0
_DEFAULT_PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379, "valkey": 6379}
_OUTBOX_DATABASE = "FLUXO_ENTRIES_DATABASE_URL"
_PREPARED_MAX = "SHOW max_prepared_transactions;"
_PREPARED = """
SELECT concat(quote_literal(gid), ' in ', database, ' since ', date_trunc('second', prepared)) FROM pg_prepared_xacts
WHERE prepared < now() - interval '1 minute' ORDER BY prepared;
"""


def look_at_given_servers(settings: Settings) -> Iterator[Finding]:
    answering = {}
    for name, url in _external(settings):
        # Of several hosts, as sentinels are, any may be away: what they lead to is asked below.
        reached = None if "+sentinel://" in url or "," in urlsplit(url).netloc else _reachable(name, url)
        if reached is not None:
            yield reached
        if reached is None or reached.status == "ok":
            answering[name] = url
        if name == _OUTBOX_DATABASE:
            yield _prepared_transactions(url)
    if answering:
        yield from _unfit(answering)
    if settings.auth_jwks_url is not None:
        yield _jwks(settings.auth_jwks_url)
    if settings.oidc_issuer is not None:
        yield _provider(settings.oidc_issuer)


def _external(settings: Settings) -> Iterator[tuple[str, str]]:
    urls = {service.database_variable: settings.database_url(service) for service in SERVICES}
    urls |= {service.api_variable: settings.api_url(service) for service in SERVICES}
    urls |= {STREAMS: settings.streams_url, CACHE: settings.cache_url}
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


def _unfit(answering: Mapping[str, str]) -> Iterator[Finding]:
    """What the processes themselves refuse, or would say in their health."""
    purposes = {STREAMS: "streams", CACHE: "cache"}
    asked = {name: {"url": url, "purpose": purposes.get(name, "database")} for name, url in answering.items()}
    try:
        checked = subprocess.run(
            _CHECK_SERVERS, input=orjson.dumps(asked), capture_output=True, timeout=_CHECK_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("warn", "Servers", f"not known: {error}", "Look at each process's GET /health.")
        return
    for found in map(orjson.loads, checked.stdout.splitlines()):
        subject = f"Server of {found['name']}"
        if found["status"] == "pass":
            yield Finding("ok", subject, "will do")
        else:
            advice = "docs/operating/install.md says which servers will do, and how they are set."
            yield Finding("warn" if found["status"] == "warn" else "fail", subject, found["output"], advice)


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
