"""One database per service, with an owner who migrates it and the roles that work in it."""

import os
import subprocess
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fluxo_local.embedded.binaries import find_postgres
from fluxo_local.errors import CommandError

_TIMEOUT_S = 60.0
# psql fills in :'name' as a literal and :"name" as an identifier; \gexec runs what a query returned. Passwords come
# by environment: an argument would show in every process list.
_STOP_AT_ERRORS = r"\set ON_ERROR_STOP on"
_ENSURE_ROLE = r"""
\getenv password FLUXO_PASSWORD_{n}
SELECT format('CREATE ROLE %I', :'role_{n}') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role_{n}') \gexec
ALTER ROLE :"role_{n}" LOGIN PASSWORD :'password' CONNECTION LIMIT :connections_{n};
"""
_ENSURE_DATABASE = r"""
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'role_0')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
"""
_LET_IN = r"""GRANT CONNECT ON DATABASE :"name" TO :"role_{n}";"""
# Large objects belong to whoever makes them, and no policy holds them.
_CONFINE = r"""
\connect :name
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
"""


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody who may log in, over so many connections at once; -1 stands for any number."""

    name: str
    password: str
    connections_max: int = -1


def ensure_database(admin_url: str, name: str, owner: Role, *others: Role) -> None:
    """Create database and roles where they are absent, and give them what is said here. Repeatable. Blocking."""
    psql = find_postgres().program("psql")
    roles = dict(enumerate((owner, *others)))
    variables = {"name": name}
    for n, role in roles.items():
        variables |= {f"role_{n}": role.name, f"connections_{n}": str(role.connections_max)}
    parts = [
        _STOP_AT_ERRORS,
        *(_ENSURE_ROLE.format(n=n) for n in roles),
        _ENSURE_DATABASE,
        *(_LET_IN.format(n=n) for n in roles if n),
        _CONFINE,
    ]
    done = subprocess.run(
        [psql, "--no-psqlrc", "--quiet", *(part for each in variables.items() for part in ("-v", "=".join(each)))],
        input="\n".join(parts),
        env={
            **os.environ,
            **_connection(admin_url),
            **{f"FLUXO_PASSWORD_{n}": role.password for n, role in roles.items()},
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
