"""`fluxo rebuild` on a running system: what was falsified is right again, and nobody who writes or reads notices."""

from datetime import timedelta

from tests.harness.databases import query
from tests.harness.load import DAY, Load

FALSIFY = (
    "UPDATE day_totals SET credits_minor = credits_minor + 500 WHERE merchant_id = $1 AND business_date = '2026-03-10'",
    "UPDATE month_totals SET debits_minor = debits_minor + 700 WHERE merchant_id = $1",
    "DELETE FROM day_totals WHERE merchant_id = $1 AND business_date = '2026-03-12'",
    "INSERT INTO day_totals SELECT 'phantom-' || $1::text, '2026-03-10', 100, 0, 1",
)


def write_any_day(load):
    load.write(DAY + timedelta(days=len(load.recorded) % 4))


def falsify(system, merchant_id):
    """Change rows by hand, as only their owner may."""

    for statement in FALSIFY:
        query(system.environment["FLUXO_BALANCES_MIGRATION_DATABASE_URL"], statement, merchant_id)


def test_the_balances_are_rebuilt_while_entries_are_recorded_and_read(system, merchant):
    for n in range(4):
        last = merchant.record("credit", "10.00", DAY + timedelta(days=n))
    right = merchant.days(DAY, DAY + timedelta(days=40), after=last["id"])
    falsify(system, merchant.merchant_id)
    assert system.cli("verify", "--settle-s", "0").returncode == 1

    with Load(merchant, write_any_day, Load.read) as load:
        load.wait_for(20)
        load.until(lambda: load.asked - len(load.recorded) > 20)
        rebuilt = system.cli("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rebuilt.stdout.startswith("The balances are rebuilt from ")

    balances = merchant.days(DAY, DAY + timedelta(days=40), after=load.recorded[-1])
    checked = system.cli("verify")
    assert checked.returncode == 0, checked.stdout
    assert balances["entry_count"] == right["entry_count"] + len(load.recorded)
    assert balances["closing_balance"] == f"{40 + len(load.recorded)}.00"


def test_a_wrong_answer_is_not_served_from_the_cache_after_the_rebuild(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=entry["id"])
    falsify(system, merchant.merchant_id)
    # Another day's answer is cached by the first read after the row was falsified.
    assert merchant.day(DAY + timedelta(days=30))["opening_balance"] == "3.00"
    assert system.cli("rebuild").returncode == 0
    assert merchant.day(DAY + timedelta(days=30))["opening_balance"] == "10.00"
