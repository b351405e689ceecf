import stat
from pathlib import Path

import pytest
from fluxo_local.errors import CommandError
from fluxo_local.runtime import (
    SystemState,
    is_supervised,
    load_environment,
    load_state,
    role_passwords,
    save_environment,
    save_state,
    sole_supervisor,
)


def test_the_state_is_there_as_long_as_its_supervisor(tmp_path: Path, system_state: SystemState):
    with sole_supervisor(tmp_path):
        save_state(tmp_path, system_state)
        assert load_state(tmp_path) == system_state
    assert load_state(tmp_path) is None


def test_a_state_whose_supervisor_was_killed_counts_as_none(tmp_path: Path, system_state: SystemState):
    with sole_supervisor(tmp_path):
        pass
    save_state(tmp_path, system_state)
    assert load_state(tmp_path) is None


def test_there_is_one_supervisor_for_a_directory(tmp_path: Path):
    with sole_supervisor(tmp_path):
        assert is_supervised(tmp_path)
        with pytest.raises(CommandError, match="already runs") as refused, sole_supervisor(tmp_path):
            pass
    assert refused.value.exit_status == 3
    assert not is_supervised(tmp_path)


def test_the_environment_outlives_the_system(tmp_path: Path):
    assert load_environment(tmp_path) == {}
    passwords = role_passwords(tmp_path, ["fluxo_entries_app"])
    save_environment(tmp_path, {"FLUXO_CACHE_URL": "redis://127.0.0.1:8005/0"})
    assert load_environment(tmp_path) == {"FLUXO_CACHE_URL": "redis://127.0.0.1:8005/0"}
    assert role_passwords(tmp_path, ["fluxo_entries_app"]) == passwords
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
