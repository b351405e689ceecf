"""Samples of a stack become shares of CPU time."""

from collections import Counter

import pytest

from benchmarks.profiling import Profile, part_of


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("main (a.py:1);send (uvicorn/protocols/http/httptools_impl.py:524)", "uvicorn and its writes to the socket"),
        ("main (a.py:1);flush (fluxo_entries/adapters/x.py:3);encode (json/encoder.py:9)", "service"),
        ("run (asyncio/runners.py:118)", "event loop"),
        ("write (fluxo_chassis/observability/logs/line_output.py:14)", "log"),
        ("write (fluxo_chassis/http/fast/write_coalescing.py:32)", "uvicorn and its writes to the socket"),
        ("settle (fluxo_chassis/http/request_log.py:60)", "chassis"),
        ("verify (joserfc/jwt.py:3)", "other libraries"),
        ("<module> (<string>:1)", "other libraries"),
    ],
)
def test_a_sample_counts_for_the_part_that_its_innermost_frame_belongs_to(stack, part):
    assert part_of(stack) == part


def test_the_cpu_time_is_divided_by_the_samples_and_trifles_are_left_out():
    profile = Profile(Counter({"service": 600, "framework": 397, "log": 3}))
    assert profile.split(200.0) == {"service": 120.0, "framework": 79.4}
