"""A child process that answers in lines, and says on standard error what went wrong."""

import subprocess
from collections.abc import Generator, Mapping, Sequence
from typing import IO, Final

from fluxo_local.errors import CommandError

_LAST_LINES: Final = 5


def run_lines(
    argv: Sequence[str],
    environment: Mapping[str, str],
    complaints: IO[bytes],
    *,
    otherwise: str = "",
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> Generator[bytes, None, None]:
    """Yield the lines that the process writes; closing the iterator ends it. `complaints` gets its standard error.

    Raises:
        CommandError: it cannot be started, or failed; with its last complaints, or `otherwise` and its exit status.
    """
    try:
        process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE, stderr=complaints, env=dict(environment))
    except OSError as error:
        raise CommandError(str(error)) from error
    with process:
        try:
            yield from process.stdout or ()
            if process.wait() != 0:
                raise CommandError(last_lines(complaints) or f"{otherwise or argv[0]} ended with {process.returncode}.")
        finally:
            process.kill()


def last_lines(complaints: IO[bytes]) -> str:
    """Return the last sentences for a person; log lines, which are JSON objects, are for its log."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return "\n".join([line for line in lines if not line.startswith("{")][-_LAST_LINES:])
