"""Backups, put back where they came from and elsewhere: both sides fit, and life goes on."""

from datetime import date
from decimal import Decimal
from threading import Event, Thread

from fluxo_local.runtime import load_environment

from tests.harness.processes import clean_environment
from tests.harness.system import System

DAY = date(2026, 3, 10)


class Load:
    """Records R$ 1.00 after R$ 1.00 until the block ends."""

    def __init__(self, merchant):
        self.merchant = merchant
        self.recorded = []
        self._enough = Event()
        self._thread = Thread(target=self._run)

    def _run(self):
        while not self._enough.wait(0.01):
            self.recorded.append(self.merchant.record("credit", "1.00", DAY)["id"])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def wait_for(self, more):
        wanted = len(self.recorded) + more
        self.merchant.system.until(lambda: len(self.recorded) >= wanted, 30)


def assert_is_as_of_the_backup(system, before, after):
    """Every entry recorded before the backup is there, none after it; balances agree; new entries are consolidated."""
    merchant = system.merchant("padaria")
    listed = {entry["id"] for entry in merchant.entries(limit=500)}
    assert set(before) <= listed
    assert not listed & set(after)

    new = merchant.record("credit", "1.00", DAY)
    settled(merchant, new["id"])
    day = merchant.day(DAY)
    assert (day["entry_count"], Decimal(day["closing_balance"])) == (len(listed) + 1, len(listed) + 1)
    verified = system.cli("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def settled(merchant, entry_id):
    """Wait until the entry is part of its day: the relay has the whole outbox to publish before it."""
    url = f"{merchant.system.balances_url}/v1/daily-balances/{DAY}"
    merchant.system.until(lambda: merchant.http.get(url, params={"after_entry": entry_id}).status_code == 200)


def damaged(backup):
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 0xFF
    copy = backup.with_name("damaged.tar")
    copy.write_bytes(content)
    return copy


def test_backups_of_a_running_and_of_a_stopped_system_are_restored_in_their_place_and_into_another_cluster(
    own_system, tmp_path
):
    under_load, at_rest = tmp_path / "under-load.tar", tmp_path / "at-rest.tar"
    own_system.start()
    merchant = own_system.merchant("padaria")
    with Load(merchant) as load:
        load.wait_for(50)
        before = list(load.recorded)
        assert own_system.cli("backup", str(under_load)).returncode == 0
        reached = len(load.recorded) + 1  # one may have been under way
        load.wait_for(50)
    after = load.recorded[reached:]
    running = own_system.cli("restore", str(under_load), "--yes")
    assert (running.returncode, "stop it first" in running.stderr) == (3, True)
    assert own_system.stop() == 0

    taken = own_system.cli("backup", str(at_rest))
    assert taken.returncode == 0, taken.stderr
    unasked = own_system.cli("restore", str(under_load))
    assert (unasked.returncode, "--yes" in unasked.stderr) == (2, True)
    refused = own_system.cli("restore", str(damaged(at_rest)), "--yes")
    assert (refused.returncode, "Nothing was changed" in refused.stderr) == (1, True)

    restored = own_system.cli("restore", str(under_load), "--yes")
    assert restored.returncode == 0, restored.stderr
    own_system.start()
    assert_is_as_of_the_backup(own_system, before, after)
    assert own_system.stop() == 0

    elsewhere = System(tmp_path / "elsewhere")
    unproved = elsewhere.cli("restore", str(at_rest))
    assert (unproved.returncode, "FLUXO_SEALS_KEY" in unproved.stderr) == (4, True)
    key = load_environment(own_system.data_dir)["FLUXO_SEALS_KEY"]
    restored = elsewhere.cli("restore", str(at_rest), env=clean_environment() | {"FLUXO_SEALS_KEY": key})
    assert restored.returncode == 0, restored.stderr
    elsewhere.start()
    try:
        assert_is_as_of_the_backup(elsewhere, load.recorded, [])
        verified = elsewhere.cli("verify", "--chain")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        assert elsewhere.stop() == 0


def test_there_is_nothing_to_back_up_where_nothing_ever_ran(tmp_path):
    refused = System(tmp_path / "data").cli("backup", str(tmp_path / "backup.tar"))
    assert refused.returncode == 3
    assert "There is nothing to back up" in refused.stderr
