"""What a system must do on any servers: add up, agree, and come back from a backup. In this order."""

from datetime import date

from tests.harness.processes import clean_environment
from tests.system.test_any_history_adds_up import test_any_history_adds_up
from tests.system.test_backup import DAY, assert_is_as_of_the_backup

__all__ = ["test_any_history_adds_up"]


def test_all_of_it_agrees(system):
    verified = system.cli("verify", "--chain")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_it_comes_back_from_a_backup(system, tmp_path):
    merchant, backup = system.merchant("padaria"), tmp_path / "backup.tar"
    before = [merchant.record("credit", "1.00", DAY)["id"] for _ in range(5)]
    taken = system.cli("backup", str(backup))
    assert taken.returncode == 0, taken.stderr
    after = [merchant.record("credit", "1.00", DAY)["id"] for _ in range(5)]
    assert system.stop() == 0
    told = clean_environment() | system.settings
    restored = system.cli("restore", str(backup), "--yes", env=told)
    assert restored.returncode == 0, restored.stderr
    system.start()
    assert_is_as_of_the_backup(system, before, after)
    assert merchant.day(date(2026, 3, 11))["entry_count"] == 0
