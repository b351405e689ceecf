import errno
import os

import pytest
from fluxo_local.embedded.directory import write_private


def test_what_finds_no_room_leaves_the_old_text_and_nothing_else(tmp_path, monkeypatch):
    def no_room(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "state.json"
    write_private(file, "old")
    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(OSError, match="No space left"):
        write_private(file, "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("state.json", "old")]
