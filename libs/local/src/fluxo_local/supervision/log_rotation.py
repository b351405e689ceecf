import os
import shutil
from contextlib import suppress
from pathlib import Path

_SIZE_BYTES_MAX = 20 * 1024 * 1024


def rotate(log: Path) -> None:
    """Keep a log and its predecessor to some 20 MB each.

    The writer has the file open for appending and cannot be made to open another: copy, then empty it in place.
    """
    with suppress(OSError):  # a full disk must not stop the supervision
        _rotate(log)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _SIZE_BYTES_MAX:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
