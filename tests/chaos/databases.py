"""The services' databases on servers of the driver's own, and the URLs by which `fluxo up` is told of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.runtime import role_passwords

SERVICES: Final = ("entries", "balances")

_SEALS_KEY: Final = "the key of a system on servers of the driver's own"
"""Beside databases that are not its own Fluxo makes none up, and a restore takes no backup that none signed."""


def ensure_databases(data_dir: Path, postgres: PostgresServer) -> None:
    for service in SERVICES:
        name, names, passwords = _database(data_dir, service)
        owner, *others = (Role(each, passwords[each]) for each in names)
        ensure_database(postgres.admin_url, name, owner, *others)


def database_environment(data_dir: Path, hosts: Mapping[str, str], options: str = "") -> dict[str, str]:
    """Return the variables of each service whose hosts, each with its port, are given, and the key of seals."""
    urls = {"FLUXO_SEALS_KEY": _SEALS_KEY}
    for service in SERVICES:
        name, roles, passwords = _database(data_dir, service)
        for role, kind in zip(roles, ("MIGRATION_", "", "API_"), strict=True):
            url = f"postgresql://{role}:{passwords[role]}@{hosts[service]}/{name}{options}"
            urls[f"FLUXO_{service.upper()}_{kind}DATABASE_URL"] = url
    return urls


def _database(data_dir: Path, service: str) -> tuple[str, list[str], dict[str, str]]:
    """Return its name, the roles that own it and work in it, the API's last, and their passwords."""
    names = [f"chaos_{service}_{role}" for role in ("owner", "app", "api")]
    return f"fluxo_{service}", names, role_passwords(data_dir, names)
