"""What the driver tells of a `fluxo up` that does not end."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import foreground
from foreground import Foreground, SystemBrokenError

DEAF = """
import pathlib, signal, subprocess, sys, time
from fluxo_local.spawn import spawn
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = spawn(["sleep", "60"], log=subprocess.DEVNULL)
pathlib.Path(sys.argv[1]).write_text("deaf")
time.sleep(60)
"""


def test_one_that_hears_no_signal_tells_where_it_stands_and_who_is_left(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(foreground, "STOPS_WITHIN_S", 0.2)
    deaf = tmp_path / "deaf"
    os.mkfifo(deaf)

    async def end_it() -> None:
        argv = (sys.executable, "-c", DEAF, str(deaf))
        process = Foreground(argv, os.environ, tmp_path / "output", is_ready=lambda: True)
        await asyncio.to_thread(deaf.read_text)
        await process.end()

    with pytest.raises(SystemBrokenError) as broken:
        asyncio.run(end_it())
    told = str(broken.value)
    assert told.startswith("fluxo up did not end within 0.2 s of SIGTERM\n")
    assert "sleep 60" in told
    assert "line 7 in <module>" in told
