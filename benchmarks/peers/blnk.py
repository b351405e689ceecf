"""Blnk: a server in Go on PostgreSQL and Redis. It listens on all addresses; its configuration knows no other way."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import httpx2
import orjson
import redis
from fluxo_cli.load.target import Target

from benchmarks.peers.peer import AMOUNT_MINOR, BACK_DATED_DAYS, HISTORY_DAYS, SPREAD, Peer, installed
from benchmarks.peers.servers import Program, Servers, started
from benchmarks.sql import ask
from benchmarks.tools import SystemFailedError
from benchmarks.wrk import MARK, business_today, send
from tests.harness.ports import free_port

_NAME: Final = "blnk"
_MIGRATED_WITHIN_S: Final = 60
_LOCKED_S: Final = 5
"""Instead of 300: it unlocks in the name of the request, in vain where the caller has gone."""

# Like one that it recorded. Straight into its table, as it would take six minutes; the current balance, which no day
# is computed from, stays as it is.
_FILL: Final = """
INSERT INTO blnk.transactions (transaction_id, source, destination, description, reference, amount, currency, status,
    hash, created_at, scheduled_for, meta_data, precise_amount, precision, parent_transaction, effective_date)
SELECT 'txn_' || gen_random_uuid(), source, destination, description, gen_random_uuid()::text, amount, currency, status,
    hash, noon, scheduled_for, meta_data, precise_amount, precision, parent_transaction, noon
FROM blnk.transactions, generate_series(2, $1::integer) AS number,
    LATERAL (SELECT $2::date + number % $3::integer + interval '12 hours') AS day (noon)
WHERE reference = 'first-0'
"""


@contextmanager
def blnk(servers: Servers, entries: int) -> Iterator[Peer]:
    program, version = installed(_NAME, "blnk", "https://github.com/blnkfinance/blnk")
    port, monitoring = free_port(), free_port()
    url = servers.database(_NAME)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BLNK_")},
        "BLNK_PROJECT_NAME": "Blnk",
        "BLNK_DATA_SOURCE_DNS": f"{url}?sslmode=disable",
        "BLNK_REDIS_DNS": servers.valkey.url,
        "BLNK_SERVER_PORT": str(port),
        "BLNK_QUEUE_MONITORING_PORT": str(monitoring),
        "BLNK_TRANSACTION_LOCK_DURATION": f"{_LOCKED_S}s",
    }
    subprocess.run([program, "migrate", "up"], env=env, check=True, capture_output=True, timeout=_MIGRATED_WITHIN_S)
    api = Program(servers.directory / "blnk", port, env, [program, "start"])
    workers = Program(servers.directory / "blnk-workers", monitoring, env, [program, "workers"])
    with started(api), started(workers):
        yield _peer(Target("127.0.0.1", port), servers, version, url, entries)


def _peer(target: Target, servers: Servers, version: str, url: str, entries: int) -> Peer:
    base, today = f"http://{target.host}:{target.port}", business_today()
    ledger = _post(base, "/ledgers", {"name": "bench"})["ledger_id"]
    balances = [_post(base, "/balances", {"ledger_id": ledger, "currency": "BRL"})["balance_id"] for _ in range(SPREAD)]
    for number, balance in enumerate(balances):
        _post(base, "/transactions", _transaction(f"first-{number}", number, balance, today))
    ask(url, _FILL, arguments=(entries, today - timedelta(days=HISTORY_DAYS - 1), HISTORY_DAYS))
    ask(url, "VACUUM (ANALYZE)")

    def post(number: int, days_back: int = 0) -> bytes:
        transaction = _transaction(MARK, number, balances[number], today - timedelta(days=days_back))
        return target.post("/transactions", "none", orjson.dumps(transaction))

    day = target.get(f"/balances/{balances[0]}/at?timestamp={today}T00:00:00Z", "none")
    current = target.get(f"/balances/{balances[0]}", "none")
    return Peer(
        name="Blnk",
        version=version,
        differs=(
            "Double entry: a transaction locks and updates two balances. It is told to record before it answers "
            "(`skip_queue`), which is not its default; a repeated reference is refused, not answered again. No token "
            "is checked, and nothing is indexed for search. A past day is summed from all transactions before it: a "
            "snapshot of balances, which has to be asked for, would shorten that and leave out what is back-dated "
            "after it, and none is taken. Callers who hang up, as the load does at its end, leave balances locked for "
            "5 minutes, here for 5 seconds, and what is measured next begins when they are free."
        ),
        entries=entries,
        asks={
            "entry": partial(send, base, [post(0)]),
            "entry of one of many": partial(send, base, [post(number) for number in range(SPREAD)]),
            "day": partial(send, base, [day]),
            "kept balance": partial(send, base, [current]),
            "back-dated entry": partial(send, base, [post(0, BACK_DATED_DAYS)]),
        },
        settle=partial(_settle, servers),
    )


def _settle(servers: Servers) -> None:
    servers.until_idle(_NAME)
    with redis.Redis.from_url(servers.valkey.url, socket_timeout=10) as client:
        deadline = time.monotonic() + 4 * _LOCKED_S
        while locked := client.keys("bln_*"):
            if time.monotonic() > deadline:
                raise SystemFailedError(f"Blnk's balances were still locked: {locked!r}")
            time.sleep(0.05)


def _transaction(reference: str, number: int, balance: str, day: date) -> dict[str, Any]:
    """A transaction that is answered when it is recorded; one that is queued is answered before it is kept anywhere."""
    return {
        "precise_amount": AMOUNT_MINOR,
        "precision": 100,
        "currency": "BRL",
        "reference": reference,
        "source": f"@sales-{number}",
        "destination": balance,
        "description": "Venda de teste",
        "allow_overdraft": True,
        "skip_queue": True,
        "effective_date": f"{day}T12:00:00Z",
    }


def _post(base: str, path: str, body: dict[str, Any]) -> Any:
    return httpx2.post(base + path, json=body, timeout=10).raise_for_status().json()
