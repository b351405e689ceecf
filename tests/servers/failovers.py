"""A round of the chaos driver: the primaries of both Redis services and of PostgreSQL change within three seconds."""

import subprocess
import sys
from pathlib import Path

CHAOS = Path(__file__).parents[1] / "chaos"
FAULTS = "demote-primary-streams,kill-primary-cache,kill-postgres-primary"


def test_a_round_of_failovers_loses_nothing():
    options = (
        "--on",
        "sentinel",
        "--faults",
        FAULTS,
        "--together",
        "--rounds",
        "1",
        "--seed",
        "4",
        "--hold-max-s",
        "3",
    )
    played = subprocess.run([sys.executable, CHAOS, *options], capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "missed" not in played.stdout
