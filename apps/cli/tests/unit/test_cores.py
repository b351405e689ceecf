import os
from pathlib import Path

import pytest
from fluxo_local.cores import replicas_for, usable_cores


@pytest.mark.parametrize(("cores", "replicas"), [(0.5, 1), (1, 1), (2, 1), (3.9, 1), (4, 2), (6, 3), (16, 8), (64, 8)])
def test_half_of_the_cores_get_replicas_one_at_least_and_eight_at_most(cores: float, replicas: int):
    assert replicas_for(cores) == replicas


def test_without_control_groups_it_may_use_the_cores_that_it_is_pinned_to(tmp_path: Path):
    nobodys = tmp_path / "nowhere"
    everything = usable_cores(nobodys, nobodys)
    assert everything == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/", {"cpu.max": "max 100000"}, 16),
        ("0::/", {"cpu.max": "250000 100000"}, 2.5),
        ("0::/a.slice/b.service", {"a.slice/cpu.max": "400000 100000", "a.slice/b.service/cpu.max": "max 100000"}, 4),
        ("0::/of/the/host", {"cpu.max": "150000 100000"}, 1.5),
        ("2:cpu,cpuacct:/a", {"cpu,cpuacct/a/cpu.cfs_quota_us": "200000", "cpu,cpuacct/a/cpu.cfs_period_us": "1"}, 16),
        ("2:cpu:/\n1:name=systemd:/", {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5),
        ("2:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 16),
        ("9:cpuset:/", {"cpuset/cpu.cfs_quota_us": "50000", "cpuset/cpu.cfs_period_us": "100000"}, 16),
    ],
)
def test_control_groups_may_allow_less(tmp_path: Path, monkeypatch, membership: str, files: dict[str, str], cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    root = tmp_path / "cgroup"
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{content}\n")
    (tmp_path / "membership").write_text(f"{membership}\n")
    assert usable_cores(root, tmp_path / "membership") == cores
