"""Files that are complete or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fluxo_local.errors import CommandError


@contextmanager
def new_file(path: Path, *, replace: bool = False, instead: str = "name another file") -> Iterator[BinaryIO]:
    """Yield a file that becomes `path` in one step when the block succeeds, and leaves nothing when it fails.

    Until then it stands beside `path` in a folder of its own, which the block may use. Only its owner may read it.

    Raises:
        CommandError: the file exists already and is not to be replaced, or its folder cannot be written. `instead`
            says what to do about the first.
    """
    if not replace and path.exists():
        raise CommandError(f"{path} exists already: {instead}.")
    parent = path.absolute().parent
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=parent) as folder:
            draft = Path(folder) / "draft"
            draft.touch(mode=0o600)
            with draft.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync(parent)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
