"""PostgreSQL's own client programs: a session of psql that stays open, and dumps."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Container
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Final, Self, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from fluxo_local.embedded.binaries import find_postgres
from fluxo_local.errors import CommandError

from fluxo_cli.operations.child_process import last_lines

_POLL_S: Final = 0.2
_CHUNK_BYTES: Final = 1 << 20
_DONE: Final = "-- done --"
_SETTING: Final = re.compile(rb"SET (\w+) = ")
_HEAD: Final = (b"--", b"\n", b"\\", b"SET ", b"SELECT pg_catalog.set_config(")
"""What the lines before a dump's first object begin with; text that merchants wrote comes after it."""


def client_program(name: str) -> Path:
    """Return psql, pg_dump or pg_restore; raises CommandError."""
    program = find_postgres().program(name)
    if not program.is_file():
        raise CommandError(f"{program} is missing: install PostgreSQL's client programs beside the server's.")
    return program


class Psql:
    """One connection. Statements that are not committed when the block ends are rolled back."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> Self:
        conninfo, environment = _connection(self._url)
        self._errors = tempfile.TemporaryFile()
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password", "--set=ON_ERROR_STOP=1"]
        self._process = subprocess.Popen(
            [client_program("psql"), *options, f"--dbname={conninfo}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
        with suppress(BrokenPipeError):
            self._input.close()
        self._process.wait()
        self._output.close()
        self._errors.close()

    @property
    def _input(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def _output(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)

    def run(self, script: str) -> list[str]:
        """Run statements and return the rows they gave, as lines.

        Raises:
            CommandError: the first of them that failed, in the server's words; none after it was run.
        """
        with suppress(BrokenPipeError):  # the answer says why
            self._input.write(f"{script}\n\\echo {_DONE}\n".encode())
            self._input.flush()
        rows: list[str] = []
        for line in self._output:
            row = line.decode().rstrip("\n")
            if row == _DONE:
                return rows
            rows.append(row)
        self._process.wait()
        raise CommandError(_said(self._errors))

    def run_dump(self, dump: IO[bytes], fed: Callable[[int], object]) -> None:
        """Run the statements of a dump; `fed` is called with the number of bytes that went in.

        Raises:
            CommandError: a statement failed.
        """
        known = {name.encode() for name in self.run("SELECT name FROM pg_settings;")}
        with tempfile.TemporaryFile() as complaints:
            restore = subprocess.Popen(
                [client_program("pg_restore"), "--no-owner", "--file=-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
            passing_on = Thread(target=_pass_on, args=(restore.stdout, self._input, known))
            passing_on.start()
            try:
                # One that stopped early says why.
                with suppress(BrokenPipeError), cast(IO[bytes], restore.stdin) as stdin:
                    _feed(dump, stdin, fed)
            finally:
                passing_on.join()
                restore.wait()
            if restore.returncode > 0:
                # psql may be in the middle of a table's rows now, and must not be sent anything more.
                raise CommandError(_said(complaints))
        self.run("")


def dump_database(url: str, target: Path, report: Callable[[int], object]) -> None:
    """Write a database's dump (custom format) to a file; `report` is called with its size now and then.

    Raises:
        CommandError: pg_dump failed.
    """
    conninfo, environment = _connection(url)
    # What a superuser took from all roles of the server's own functions is no matter of the database's owner.
    what = ["--format=custom", "--exclude-schema=pg_catalog"]
    with tempfile.TemporaryFile() as errors:
        dump = subprocess.Popen(
            [client_program("pg_dump"), *what, "--no-password", f"--file={target}", f"--dbname={conninfo}"],
            stdin=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
        with dump:
            try:
                while dump.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        dump.wait(_POLL_S)
                    report(target.stat().st_size if target.exists() else 0)
            finally:
                dump.kill()
        if dump.returncode != 0:
            raise CommandError(_said(errors))


def _feed(dump: IO[bytes], restore: IO[bytes], fed: Callable[[int], object]) -> None:
    while chunk := dump.read(_CHUNK_BYTES):
        restore.write(chunk)
        fed(len(chunk))


def _pass_on(statements: IO[bytes], psql: IO[bytes], known: Container[bytes]) -> None:
    """Hand a dump's statements to psql, at their head none of the settings that only a later server knows.

    A client of PostgreSQL 18 sets `transaction_timeout` whatever the server's version.
    """
    with suppress(BrokenPipeError), statements:  # psql says why it ended
        for line in statements:
            setting = _SETTING.match(line)
            if setting is None or setting[1] in known:
                psql.write(line)
            if not line.startswith(_HEAD):
                break
        shutil.copyfileobj(statements, psql, _CHUNK_BYTES)


def _connection(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL without its password, and the environment with it: an argument shows in every process list."""
    parts = urlsplit(url)
    user_and_password, _, address = parts.netloc.rpartition("@")
    user = user_and_password.partition(":")[0]
    shown = urlunsplit(("postgresql", f"{user}@{address}" if user else address, parts.path, parts.query, ""))
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "fluxo"}
    if parts.password is not None:
        environment["PGPASSWORD"] = unquote(parts.password)
    return shown, environment


def _said(complaints: IO[bytes]) -> str:
    return last_lines(complaints) or "PostgreSQL's client program ended without a word."
