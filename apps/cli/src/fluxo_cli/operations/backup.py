"""Takes a backup of both databases that fit each other, while the system runs.

The balances are dumped first, the entries after them, and meanwhile nothing leaves the outbox. So every event that the
balances' dump has applied, or could still receive, has its entry in the entries' dump; and each one that it has not
applied is in that dump's outbox, from where it is published after a restore.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fluxo_local.embedded.binaries import find_postgres
from fluxo_local.errors import CommandError
from fluxo_local.process_environment import SEALS_KEY

from fluxo_cli.operations.archive import FORMAT, BackupKeys, Dump, Manifest, NewArchive, new_archive
from fluxo_cli.operations.postgres_client import Psql, dump_database
from fluxo_cli.operations.service_databases import ServiceDatabase, service_database

# Old parts of the outbox are dropped under an exclusive lock, which this one keeps away. It holds back no writer.
_KEEP_OUTBOX: Final = """
SET idle_in_transaction_session_timeout = 0;
BEGIN READ ONLY;
LOCK TABLE outbox IN ACCESS SHARE MODE;
"""
_FACTS: Final = "SHOW server_version_num; SELECT version_num FROM alembic_version;"
_VERSIONS_PER_MAJOR: Final = 10_000


def back_up(path: Path, environment: Mapping[str, str], report: Callable[[str], object]) -> None:
    """Write the backup; `report` is called with what is being done.

    Raises:
        CommandError: it could not be taken; then there is no file.
    """
    balances, entries = (service_database(service, environment) for service in ("balances", "entries"))
    key = environment.get(SEALS_KEY)
    started_at = _now()
    with new_archive(path, BackupKeys.configured(key)) as archive, Psql(entries.owner_url) as outbox:
        outbox.run(_KEEP_OUTBOX)
        dumps = {database.service: _add(archive, database, report) for database in (balances, entries)}
        outbox.run("COMMIT;")
        archive.add_manifest(Manifest(FORMAT, version("fluxo-cli"), started_at, _now(), dumps))


def _add(archive: NewArchive, database: ServiceDatabase, report: Callable[[str], object]) -> Dump:
    with Psql(database.owner_url) as psql:
        server_version, revision = psql.run(_FACTS)
    _refuse_newer_server(int(server_version) // _VERSIONS_PER_MAJOR)
    file = archive.folder / database.service
    dumped_at = _now()
    dump_database(
        database.owner_url, file, lambda size: report(f"Dumping the {database.service}: {size / 1e6:,.1f} MB")
    )
    size_bytes, sha256 = archive.add_dump(database.service, file)
    return Dump(int(server_version), revision, database.app_role, dumped_at, size_bytes, sha256, database.api_role)


def _refuse_newer_server(server_major: int) -> None:
    found = find_postgres()
    if server_major > found.major():
        raise CommandError(
            f"The server is PostgreSQL {server_major}, and pg_dump {found.version()} in {found.directory} cannot read "
            "one newer than itself: install PostgreSQL's client programs of the server's version."
        )


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
