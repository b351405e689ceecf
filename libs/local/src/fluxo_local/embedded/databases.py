"""One database per service, with an owner who migrates it and a role that works in it."""

import os
import subprocess
from urllib.parse import unquote, urlsplit

from fluxo_local.embedded.binaries import find_postgres
from fluxo_local.errors import CommandError

_TIMEOUT_S = 60.0
# psql fills in :'name' as a literal and :"name" as an identifier; \gexec runs what a query returned. Passwords come
# by environment: an argument would show in every process list.
_ENSURE_DATABASE = r"""
\set ON_ERROR_STOP on
\getenv owner_password FLUXO_OWNER_PASSWORD
\getenv app_password FLUXO_APP_PASSWORD
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'owner', :'app']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN PASSWORD :'app_password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"app";
\connect :name
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""


def ensure_database(admin_url: str, name: str, owner: str, owner_password: str, app: str, app_password: str) -> None:
    """Create database and both roles where they are absent, and set the passwords given. Repeatable. Blocking."""
    psql = find_postgres().program("psql")
    names = [
        part for key, value in (("name", name), ("owner", owner), ("app", app)) for part in ("-v", f"{key}={value}")
    ]
    done = subprocess.run(
        [psql, "--no-psqlrc", "--quiet", *names],
        input=_ENSURE_DATABASE,
        env={
            **os.environ,
            **_connection(admin_url),
            "FLUXO_OWNER_PASSWORD": owner_password,
            "FLUXO_APP_PASSWORD": app_password,
        },
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(f"Database {name} could not be prepared:\n{done.stderr.strip()}")


def _connection(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or "postgres"),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/") or "postgres",
        "PGCONNECT_TIMEOUT": "10",
    }
