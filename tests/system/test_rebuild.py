"""`fluxo rebuild` on a running system: what was falsified is right again, and nobody who writes or reads notices."""

import asyncio
import threading
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
from fluxo_local.runtime import load_environment

DAY = date(2026, 3, 10)
FALSIFY = (
    "UPDATE day_totals SET credits_minor = credits_minor + 500 WHERE merchant_id = $1 AND business_date = '2026-03-10'",
    "UPDATE month_totals SET debits_minor = debits_minor + 700 WHERE merchant_id = $1",
    "DELETE FROM day_totals WHERE merchant_id = $1 AND business_date = '2026-03-12'",
    "INSERT INTO day_totals SELECT 'phantom-' || $1::text, '2026-03-10', 100, 0, 1",
)


def falsify(system, merchant_id):
    """Change rows by hand, as only their owner may."""

    async def run():
        url = load_environment(system.data_dir)["FLUXO_BALANCES_MIGRATION_DATABASE_URL"]
        connection = await asyncpg.connect(url)
        try:
            for statement in FALSIFY:
                await connection.execute(statement, merchant_id)
        finally:
            await connection.close()

    asyncio.run(run())


class Traffic:
    """Records and reads until told to stop; keeps every answer's status and what was recorded."""

    def __init__(self, merchant):
        self._merchant = merchant
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write), threading.Thread(target=self._read)]
        self.statuses = set()
        self.reads = 0
        self.recorded = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self):
        while not self._stop.is_set():
            body = {
                "direction": "credit",
                "amount": "1.00",
                "business_date": str(DAY + timedelta(days=len(self.recorded) % 4)),
                "description": "Venda",
            }
            answer = self._merchant.post("/v1/entries", body, str(uuid4()))
            self.statuses.add(answer.status_code)
            self.recorded.append(answer.json()["id"])

    def _read(self):
        # A client of its own: connections are not shared between threads.
        reader = self._merchant.system.merchant(self._merchant.merchant_id)
        url = f"{self._merchant.system.balances_url}/v1/daily-balances/{DAY}"
        while not self._stop.is_set():
            self.statuses.add(reader.http.get(url).status_code)
            self.reads += 1


def test_the_balances_are_rebuilt_while_entries_are_recorded_and_read(system, merchant):
    for n in range(4):
        last = merchant.record("credit", "10.00", DAY + timedelta(days=n))
    right = merchant.days(DAY, DAY + timedelta(days=40), after=last["id"])
    falsify(system, merchant.merchant_id)
    assert system.cli("verify", "--settle-s", "0").returncode == 1

    with Traffic(merchant) as traffic:
        system.until(lambda: len(traffic.recorded) > 20 and traffic.reads > 20, 20)
        rebuilt = system.cli("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rebuilt.stdout.startswith("The balances are rebuilt from ")
    assert traffic.statuses == {200, 201}

    balances = merchant.days(DAY, DAY + timedelta(days=40), after=traffic.recorded[-1])
    checked = system.cli("verify")
    assert checked.returncode == 0, checked.stdout
    assert balances["entry_count"] == right["entry_count"] + len(traffic.recorded)
    assert balances["closing_balance"] == f"{40 + len(traffic.recorded)}.00"


def test_a_wrong_answer_is_not_served_from_the_cache_after_the_rebuild(system, merchant):
    entry = merchant.record("credit", "10.00", DAY)
    merchant.day(DAY, after=entry["id"])
    falsify(system, merchant.merchant_id)
    # Another day's answer is cached by the first read after the row was falsified.
    assert merchant.day(DAY + timedelta(days=30))["opening_balance"] == "3.00"
    assert system.cli("rebuild").returncode == 0
    assert merchant.day(DAY + timedelta(days=30))["opening_balance"] == "10.00"
