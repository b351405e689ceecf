"""Server directories on file systems of their own, in memory, which can be full at any moment."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

SERVERS: Final = ("postgres", "valkey-streams")
ROOM_BYTES: Final = 8 << 30
"""More than any round writes; memory is taken only by what is written."""
_FILLS_MAX: Final = 100
_CLONE_NEWNS: Final = 0x00020000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Disks:
    """Mounted in a namespace of this process's own, so that they go with it, whatever it dies of.

    Make them before the first thread, which would not see them. `obstacle` says why there are none; empty where there
    are.
    """

    def __init__(self, data_dir: Path) -> None:
        self._directories = {server: data_dir / server for server in SERVERS}
        self._mounted: list[Path] = []
        self.obstacle = _isolate_mounts()
        for directory in self._directories.values():
            if not self.obstacle:
                directory.mkdir(mode=0o700, parents=True)
                self.obstacle = _mount("-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=700", "tmpfs", directory)
                self._mounted += [] if self.obstacle else [directory]

    def fill(self, server: str) -> None:
        """Leave not one byte free, for as long as nothing is deleted.

        Raises:
            OSError: it was written to faster than it could be filled.
        """
        directory = self._directories[server]
        for _ in range(_FILLS_MAX):
            found = os.statvfs(directory)
            if not _mount("-o", f"remount,size={(found.f_blocks - found.f_bfree) * found.f_frsize}", directory):
                return
        raise OSError(f"{directory} could not be filled")

    def make_room(self, server: str) -> None:
        if error := _mount("-o", f"remount,size={ROOM_BYTES}", self._directories[server]):
            raise OSError(error)

    def keep(self) -> None:
        """Copy what they hold to where it can be found after this process, and remove them."""
        copies = {
            directory: shutil.copytree(directory, directory.with_name(f"{directory.name}.kept"), symlinks=True)
            for directory in self._mounted
        }
        self.remove()
        for directory, copy in copies.items():
            copy.replace(directory)

    def remove(self) -> None:
        for directory in self._mounted:
            subprocess.run(["umount", "--lazy", directory], check=True)
        self._mounted.clear()


def _isolate_mounts() -> str:
    if os.geteuid() != 0:
        return "only root may mount"
    if _LIBC.unshare(_CLONE_NEWNS) != 0:
        return f"no namespace for mounts can be had: {os.strerror(ctypes.get_errno())}"
    return _mount("--make-rprivate", "/")


def _mount(*arguments: str | Path) -> str:
    """Return what was in the way; empty when nothing was."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"mount ended with {done.returncode}"
