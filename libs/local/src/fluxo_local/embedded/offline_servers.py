"""The servers of a system whose services do not run."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from fluxo_local.embedded.databases import ensure_database
from fluxo_local.errors import CommandError
from fluxo_local.ports import is_free
from fluxo_local.runtime import is_supervised, sole_supervisor
from fluxo_local.settings import Settings
from fluxo_local.supervision.managed_processes import EmbeddedServer
from fluxo_local.topology import topology

_SERVER_OFFSETS: Final = (3, 4, 5)
_RUNS: Final = 3


@contextmanager
def offline_servers(data_dir: Path) -> Iterator[dict[str, str]]:
    """Start what `fluxo up` would start of servers, and stop it at the end; yields the environment that leads to them.

    Databases and roles are made where they are missing. Nobody can start the system meanwhile. Main thread only.

    Raises:
        CommandError: the system runs, or a server does not start.
    """
    if is_supervised(data_dir):
        raise CommandError(f"Fluxo runs on {data_dir}: stop it first.", exit_status=_RUNS)
    with sole_supervisor(data_dir), ExitStack() as running:
        planned = topology(Settings(), data_dir.resolve(), port_base=_free_port_base())
        for child in planned.servers:
            if isinstance(child, EmbeddedServer):
                running.callback(child.server.stop)
                child.server.start()
        for database in planned.databases:
            ensure_database(planned.postgres.admin_url, database.name, database.owner, database.app, database.api)
        yield planned.environment


def _free_port_base() -> int:
    for _ in range(100):
        base = 20_000 + secrets.randbelow(12_000)
        if all(is_free(base + offset) for offset in _SERVER_OFFSETS):
            return base
    raise CommandError("There are no free ports for the servers.")
