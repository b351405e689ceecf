"""What the servers of databases say about how many connections they allow."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from fluxo_local.connections import Claim, Limit, Who
from fluxo_local.services import SERVICES, Service

from fluxo_cli.operations.postgres_client import Psql

# A server that is met at two addresses has been started once. Limits of databases and roles do not hold superusers.
FACTS: Final = """
SELECT json_build_object(
  'server', extract(epoch FROM pg_postmaster_start_time())::text,
  'allowed', current_setting('max_connections')::int,
  'reserved', current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int,
  'database', datname, 'database_allowed', CASE WHEN rolsuper THEN -1 ELSE datconnlimit END,
  'role', rolname, 'role_allowed', CASE WHEN rolsuper THEN -1 ELSE rolconnlimit END)
FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user;
"""


def claims(databases: Mapping[str, str]) -> list[Claim]:
    """Ask each database, given by the variables of its URLs, what it allows.

    Raises:
        CommandError: one does not answer, or lets nobody in.
    """
    sessions = [
        (service, who, url)
        for service in SERVICES
        if service.database_variable in databases
        for who, url in _urls(service, databases).items()
    ]
    limits = {url: tuple(_limits(url)) for url in dict.fromkeys(url for _, _, url in sessions)}
    return [Claim(service, who, limits[url]) for service, who, url in sessions]


def _urls(service: Service, databases: Mapping[str, str]) -> dict[Who, str]:
    url = databases[service.database_variable]
    return {
        "workers": url,
        "api": databases.get(service.api_variable, url),
        "owner": databases.get(service.migration_variable, url),
    }


def _limits(url: str) -> Iterator[Limit]:
    with Psql(url) as psql:
        (answer,) = psql.run(FACTS)
    facts: dict[str, Any] = orjson.loads(answer)
    server, database, role = facts["server"], facts["database"], facts["role"]
    address = f"PostgreSQL at {urlsplit(url).netloc.rpartition('@')[2] or 'localhost'}"
    advice = "restart it with max_connections ="
    yield Limit((server,), facts["allowed"], address, advice, facts["reserved"])
    for what, name in (("database", database), ("role", role)):
        if (allowed := facts[f"{what}_allowed"]) >= 0:
            shown = f"{what.capitalize()} {name} of {address}"
            advice = f'ALTER {what.upper()} "{name}" CONNECTION LIMIT'
            yield Limit((server, what, name), allowed, shown, advice)
