"""All that one client may try, at once: no process grows large or is started again, and a neighbour is served.

A hundredth of it; `make abuse` does all of it, and `python -m benchmarks --scenarios attacks` tells the figures.
"""

import asyncio
import os

from benchmarks.cost import rss_mb
from tests.harness.attacks import Attack, pids_of

SHARE = 1.0 if "FLUXO_ABUSE_CASES" in os.environ else 0.01
GROWS_MB_MAX = 70
"""Each has 55 to 80 MB when it begins, and is to stay below 150 MB."""


def test_no_process_grows_large_or_dies_and_a_neighbour_is_served(system):
    pids = pids_of(system)
    began_mb = rss_mb(pids)
    seen = asyncio.run(Attack(system, SHARE).run())
    assert pids_of(system) == pids
    assert all(seen.peak_mb[name] < began + GROWS_MB_MAX for name, began in began_mb.items()), seen.peak_mb
    assert set(seen.statuses) == {201}
