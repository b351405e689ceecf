"""What is loaded of a very long history, and where too much is asked for."""

import pytest

from benchmarks.loading import parts_of, refuse_small_disk
from benchmarks.tools import NotOnThisMachineError


@pytest.mark.parametrize(("entries", "days"), [(1, 1), (10, 1_825), (1_825, 1_825), (1_000_003, 1_825), (5_000_000, 7)])
def test_the_parts_hold_each_entry_once_and_no_day_stands_in_two(entries, days):
    parts = list(parts_of(entries, days))
    assert [begin for begin, _ in parts] == [0, *(end + 1 for _, end in parts[:-1])]
    assert parts[-1][1] == entries - 1
    assert all((end * days // entries) < (end + 1) * days // entries for _, end in parts)


def test_more_than_the_disk_has_room_for_is_refused_with_what_it_takes_and_what_is_free(tmp_path):
    refuse_small_disk(tmp_path, 1, 900)
    with pytest.raises(NotOnThisMachineError) as refused:
        refuse_small_disk(tmp_path, 10**15, 900)
    assert "1,000,000,000,000,000 entries take 1,125,000,000.0 GB at 900 bytes each" in str(refused.value)
    assert f"are free in {tmp_path}" in str(refused.value)
