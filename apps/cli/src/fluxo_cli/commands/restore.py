import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from fluxo_local.embedded.offline_servers import offline_servers
from fluxo_local.errors import CommandError
from fluxo_local.runtime import keep_seals_key, kept_seals_key
from fluxo_local.settings import Settings
from rich.console import Console

from fluxo_cli.operations.archive import BackupKeys, checked_archive
from fluxo_cli.operations.restore import restore_target
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.output.rendering import note

# A day less than the balances service remembers which events it applied.
_OLD: Final = timedelta(days=39)


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `fluxo backup` wrote.", exists=True, dir_okay=False)
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Replace existing databases without asking.")] = False,
    trust_file: Annotated[
        bool, typer.Option("--trust-file", help="Take a file that this installation's key did not sign.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Put a backup in the place of both databases, and empty Redis. The system must be stopped.

    The file and its signature are checked before anything is touched. Each database is replaced in one transaction, so
    that a restore that fails leaves both as they were. What was recorded after the backup is gone.

    The signature is by the key of the system that the file is of. Elsewhere give that key in FLUXO_SEALS_KEY; the data
    directory keeps it.

    Exit status: 1 it failed, 2 the databases are not empty and --yes is missing, 3 the system runs, 4 the file is not
    signed by the key.

    Examples:
      fluxo restore /backups/fluxo-2026-11-22.tar

      fluxo restore /backups/fluxo-2026-11-22.tar --data-dir /tmp/elsewhere
    """
    key = Settings().seals_key or kept_seals_key(data_dir)
    total = 2 * file.stat().st_size
    done = 0
    with Console(stderr=True).status("Restoring …") as status:

        def count(more: int) -> None:
            nonlocal done
            done += more
            status.update(f"Checking and restoring: {min(done / total, 1):.0%} …")

        with (
            checked_archive(file, count, BackupKeys.configured(key), trusted=trust_file) as archive,
            offline_servers(data_dir) as environment,
            restore_target(archive, environment) as target,
        ):
            if not (yes or target.is_empty):
                status.stop()
                _confirm()
                status.start()
            target.replace(archive, count)
            if key:
                keep_seals_key(data_dir, key)
    dumped_at = archive.manifest.dumps["entries"].dumped_at
    print(f"Restored as of {dumped_at}. Next: `fluxo up`, then `fluxo verify`.")
    if datetime.now(UTC) - datetime.fromisoformat(dumped_at) > _OLD:
        note("It is so old that its events are no longer applied: after `fluxo up`, run `fluxo rebuild`.")


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise CommandError(
            "The databases are not empty. Say --yes to replace them; what is in them is lost.", exit_status=2
        )
    typer.confirm("The databases are not empty. Replace them? What is in them is lost.", abort=True)
