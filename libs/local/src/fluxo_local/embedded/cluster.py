"""PostgreSQL's data directory: created once, and freed of what a killed server left behind."""

import os
import shutil
import signal
import time
from pathlib import Path

from fluxo_local.embedded.confinement import Confinement
from fluxo_local.embedded.directory import last_lines
from fluxo_local.errors import CommandError
from fluxo_local.spawn import spawn

_CREATE_TIMEOUT_S = 60.0
_QUIT_TIMEOUT_S = 2.0  # without their postmaster they do nothing that is worth waiting for
_FIRST_MAJOR_WITH_ITERATIONS = 16
_FIRST_MAJOR_WITH_BUILTIN_LOCALE = 17


def create_cluster(confined: Confinement, cluster: Path, password: str, log: Path, *, sync: bool) -> None:
    """Run initdb under another name first: an interrupted attempt is never taken for a cluster. Main thread only."""
    attempt = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(attempt, ignore_errors=True)
    password_file = confined.directory / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if confined.user is not None and confined.group is not None:
        os.chown(password_file, confined.user, confined.group)
    arguments = ["-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", f"--pwfile={password_file}"]
    if (major := confined.binaries.major()) >= _FIRST_MAJOR_WITH_ITERATIONS:
        # Each password here is 24 random bytes, which nobody guesses: the usual 4,096 only cost each connection 0.7 ms.
        arguments.append("--set=scram_iterations=1")
    if major >= _FIRST_MAJOR_WITH_BUILTIN_LOCALE:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not sync:
        arguments.append("--no-sync")
    with log.open("wb") as output:
        initdb = spawn(
            [confined.binaries.program("initdb"), "-D", attempt, *arguments],
            log=output,
            before_exec=confined.before_exec,
            user=confined.user,
            group=confined.group,
        )
        status = initdb.wait(_CREATE_TIMEOUT_S)
    password_file.unlink()
    if status != 0:
        raise CommandError(f"PostgreSQL could not create its data directory:\n{last_lines(log)}")
    attempt.rename(cluster)


def end_leftovers(cluster: Path) -> None:
    """End back ends of a server that was killed: while one lives, its shared memory refuses a new server."""
    started = time.monotonic()
    while leftovers := _processes_in(cluster.resolve()):
        waited_s = time.monotonic() - started
        if waited_s > 2 * _QUIT_TIMEOUT_S:
            raise CommandError(f"Processes of an earlier PostgreSQL on {cluster} do not end: {leftovers}.")
        for pid in leftovers:
            _signal(pid, signal.SIGQUIT if waited_s < _QUIT_TIMEOUT_S else signal.SIGKILL)
        time.sleep(0.05)


def _processes_in(cluster: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_postgres = (entry / "comm").read_text().startswith("postgres")
            if is_postgres and (entry / "cwd").readlink() == cluster:
                found.append(int(entry.name))
        except OSError:  # it ended while we looked, or is somebody else's
            continue
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
