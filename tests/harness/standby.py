"""A PostgreSQL that streams from another one."""

import os
import subprocess

from fluxo_local.embedded.directory import make_private, password_in, write_private
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.spawn import spawn


def copy_cluster(primary: PostgresServer, standby: PostgresServer) -> subprocess.Popen[bytes]:
    """Begin to copy the primary's cluster for one that has none; what comes of it stands in its basebackup.log."""
    make_private(standby.directory)
    write_private(standby.directory / "password", password_in(primary.directory))
    confined, log_file = standby._confined(), standby.directory / "basebackup.log"
    from_primary = f"host=127.0.0.1 port={primary.port} user=postgres"
    command = [confined.binaries.program("pg_basebackup"), "-d", from_primary, "-D", standby._cluster]
    with log_file.open("wb") as log:
        return spawn(
            [*command, "-R", "--checkpoint=fast", "--no-sync"],
            log=log,
            env={**os.environ, "PGPASSWORD": password_in(primary.directory)},
            before_exec=confined.before_exec,
            user=confined.user,
            group=confined.group,
        )
