"""A whole system behind a Sentinel: the primary of its streams is demoted, then killed, while a merchant records."""

from decimal import Decimal

from tests.system.test_backup import DAY, Load, settled


def test_failovers_lose_nothing(system, sentinel):
    merchant = system.merchant()
    with Load(merchant) as load:
        for change in (sentinel.demote, sentinel.kill):
            load.wait_for(20)
            system.until(sentinel.knows_a_replica)
            change()
        load.wait_for(20)
    settled(merchant, load.recorded[-1])
    system.until(lambda: merchant.day(DAY)["entry_count"] == len(load.recorded))
    assert Decimal(merchant.day(DAY)["closing_balance"]) == len(load.recorded)
    verified = system.cli("verify", "--chain")
    assert verified.returncode == 0, verified.stdout + verified.stderr
