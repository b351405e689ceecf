"""`fluxo verify` derives every day from the entries again, and names the one that differs."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import asyncpg
import pytest
from fluxo_local.runtime import load_environment

from tests.harness.databases import query
from tests.harness.waiting import until

DAY = date(2026, 3, 10)


def execute(system, statement, *arguments, variable="FLUXO_BALANCES_DATABASE_URL", past_triggers_of=None):
    async def run():
        connection = await asyncpg.connect(load_environment(system.data_dir)[variable])
        try:
            async with connection.transaction():
                if past_triggers_of:
                    await connection.execute(f"ALTER TABLE {past_triggers_of} DISABLE TRIGGER USER")
                await connection.execute(statement, *arguments)
                if past_triggers_of:
                    await connection.execute(f"ALTER TABLE {past_triggers_of} ENABLE TRIGGER USER")
        finally:
            await connection.close()

    asyncio.run(run())


def test_a_right_system_agrees_on_every_day(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=entry["id"])

    checked = system.cli("verify")

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_entries_that_come_in_meanwhile_are_no_difference_and_hide_none(system, merchant):
    """No time to settle: what makes it agree is that both sides count the same entries."""
    done, recorded = threading.Event(), threading.Event()

    def record() -> None:
        while not done.wait(0.02):  # some entries in each look are enough
            merchant.record("credit", "10.00", DAY)
            merchant.record("debit", "3.00", date(2026, 2, 1))
            recorded.set()

    verify = ("verify", "--merchant", merchant.merchant_id, "--settle-s", "0")
    change = "UPDATE month_totals SET debits_minor = debits_minor + $2 WHERE merchant_id = $1 AND month = '2026-02-01'"
    with ThreadPoolExecutor() as threads:
        recording = threads.submit(record)
        try:
            recorded.wait(30)
            checked = [system.cli(*verify) for _ in range(2)]
            execute(system, change, merchant.merchant_id, 1)
            found = system.cli(*verify)
            execute(system, change, merchant.merchant_id, -1)
        finally:
            done.set()
        recording.result()

    assert [each.returncode for each in checked] == [0, 0], checked
    assert found.returncode == 1, found
    assert "2026-03-10" in found.stdout


@pytest.mark.parametrize("table", ["day_totals", "month_totals"])
def test_a_falsified_row_is_found_and_its_day_named(system, merchant, table):
    entry = merchant.record("credit", "10.00", DAY)
    later = merchant.record("credit", "10.00", date(2026, 4, 1))
    merchant.day(DAY, after=entry["id"])
    merchant.day(DAY, after=later["id"])
    change = f"UPDATE {table} SET credits_minor = credits_minor + $2 WHERE merchant_id = $1"
    execute(system, change, merchant.merchant_id, 1)
    try:
        found = system.cli("verify", "--merchant", merchant.merchant_id, "--settle-s", "1")
        as_json = system.cli("verify", "--merchant", merchant.merchant_id, "--settle-s", "1", "--json")
    finally:
        execute(system, change, merchant.merchant_id, -1)

    assert found.returncode == 1
    assert merchant.merchant_id in found.stdout + found.stderr
    assert ("2026-03-10" if table == "day_totals" else "2026-04-01") in found.stdout + found.stderr
    assert json.loads(as_json.stdout)
    assert system.cli("verify", "--merchant", merchant.merchant_id).returncode == 0


def test_a_falsified_category_is_found_and_its_month_named(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=entry["id"])
    change = "UPDATE category_totals SET credits_minor = credits_minor + $2 WHERE merchant_id = $1"
    execute(system, change, merchant.merchant_id, 1)
    try:
        found = system.cli("verify", "--merchant", merchant.merchant_id, "--settle-s", "0")
    finally:
        execute(system, change, merchant.merchant_id, -1)

    assert found.returncode == 1
    assert "2026-03" in found.stdout
    assert "10.01" in found.stdout


def test_an_entry_that_its_owner_changed_is_named_by_the_chain_that_the_merchant_has_a_seal_of(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)

    def seal():
        return merchant.http.get(f"{system.entries_url}/v1/seals/latest")

    until(lambda: seal().status_code == 200, what="the seal")
    verify = ("verify", "--chain", "--merchant", merchant.merchant_id)
    agrees = system.cli(*verify, "--seal", seal().json()["seal"])
    change = "UPDATE entries SET amount_minor = $2 WHERE id = $1"
    as_owner = {"variable": "FLUXO_ENTRIES_MIGRATION_DATABASE_URL", "past_triggers_of": "entries"}
    execute(system, change, entry["id"], 1, **as_owner)
    try:
        found = system.cli(*verify)
        as_json = json.loads(system.cli(*verify, "--json").stdout)
    finally:
        execute(system, change, entry["id"], 1000, **as_owner)

    assert agrees.returncode == 0, agrees
    assert "1 sealed entry of 1 merchant in 1 block" in agrees.stdout
    assert found.returncode == 1
    assert f"entry {entry['id']} was changed" in found.stdout
    assert [each["fault"] for each in as_json["findings"]] == ["changed"]


def test_both_services_have_one_rule_for_which_categories_are_the_same(system):
    environment = load_environment(system.data_dir)
    rule = "SELECT pg_get_function_sqlbody('folded(text)'::regprocedure)"
    entries, balances = (
        query(environment[f"FLUXO_{service}_DATABASE_URL"], rule) for service in ("ENTRIES", "BALANCES")
    )
    assert entries == balances


def test_a_falsified_total_of_the_last_month_is_found_although_no_day_rests_on_it_yet(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=entry["id"])
    change = "UPDATE month_totals SET credits_minor = credits_minor + $2 WHERE merchant_id = $1"
    execute(system, change, merchant.merchant_id, 1)
    try:
        found = system.cli("verify", "--merchant", merchant.merchant_id, "--settle-s", "1")
    finally:
        execute(system, change, merchant.merchant_id, -1)

    assert found.returncode == 1
    assert "2026-04-01" in found.stdout
    assert "opening balance" in found.stdout
