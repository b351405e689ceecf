"""An event that cannot be applied travels to the dead letters, and from there into its day once its cause is mended."""

import asyncio
import json
from datetime import date

import asyncpg
import redis
from fluxo_local.runtime import load_environment

DAY = date(2026, 3, 10)
DEAD_LETTERS = "fluxo.entries.dead"


def note_currency(merchant, currency):
    async def run():
        connection = await asyncpg.connect(load_environment(merchant.system.data_dir)["FLUXO_BALANCES_DATABASE_URL"])
        try:
            await connection.execute(
                "UPDATE merchants SET currency = $2 WHERE merchant_id = $1", merchant.merchant_id, currency
            )
        finally:
            await connection.close()

    asyncio.run(run())


def letters_of(merchant):
    listed = merchant.system.cli("dead-letters", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return [each for each in json.loads(listed.stdout)["items"] if each["merchant_id"] == merchant.merchant_id]


def bury_one(merchant):
    """Record an entry that the balances refuse, for they hold a wrong currency against it; returns entry and letter."""
    first = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=first["id"])
    note_currency(merchant, "USD")
    with redis.Redis.from_url(load_environment(merchant.system.data_dir)["FLUXO_STREAMS_URL"]) as client:
        letters = client.xlen(DEAD_LETTERS)
        entry = merchant.record("credit", "5.00", DAY)
        merchant.system.until(lambda: client.xlen(DEAD_LETTERS) > letters)  # to ask the command is a process each time
    note_currency(merchant, "BRL")
    (letter,) = letters_of(merchant)
    return entry, letter


def test_a_poison_event_is_listed_shown_and_redriven_into_its_day(system, merchant):
    entry, letter = bury_one(merchant)
    assert letter["entry_id"] == entry["id"]
    assert letter["reason"] == "The entry's currency is not the merchant's."
    assert merchant.day(DAY)["closing_balance"] == "10.00"
    table = system.cli("dead-letters", "list").stdout
    assert letter["id"] in table
    shown = system.cli("dead-letters", "show", letter["id"]).stdout
    assert entry["id"] in shown
    assert '"amount": "5.00"' in shown

    redriven = system.cli("dead-letters", "redrive", letter["id"])

    assert redriven.returncode == 0, redriven.stderr
    assert merchant.day(DAY)["closing_balance"] == "15.00"
    assert letters_of(merchant) == []
    assert "there is no such letter" in system.cli("dead-letters", "redrive", letter["id"]).stdout
    assert merchant.day(DAY)["closing_balance"] == "15.00"
    assert system.cli("verify", "--merchant", merchant.merchant_id).returncode == 0


def test_a_letter_that_cannot_be_redriven_stays_and_is_discarded_only_when_that_is_meant(system):
    with redis.Redis.from_url(load_environment(system.data_dir)["FLUXO_STREAMS_URL"]) as client:
        letter_id = client.xadd(DEAD_LETTERS, {"event": b"garbage", "reason": "?", "deliveries": 1}).decode()

    redriven = system.cli("dead-letters", "redrive", letter_id)
    assert redriven.returncode == 1
    assert f"{letter_id}: stays." in redriven.stdout
    unasked = system.cli("dead-letters", "discard", letter_id)
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr
    shown = json.loads(system.cli("dead-letters", "show", letter_id, "--json").stdout)
    assert shown["redrives"] == 1

    discarded = system.cli("dead-letters", "discard", letter_id, "--yes")

    assert discarded.returncode == 0
    assert shown["sha256"] in discarded.stdout
    assert shown["sha256"] in (system.data_dir / "logs" / "balances-dead-letters.log").read_text()
    gone = system.cli("dead-letters", "show", letter_id)
    assert gone.returncode == 1
    assert gone.stderr.strip() == f"fluxo: There is no dead letter {letter_id}."
