"""Requests that record entries."""

import itertools
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import orjson
from fluxo_cli.load.target import Target

from benchmarks.system import System
from benchmarks.wrk import business_today


def entry(day: date) -> dict[str, str]:
    """Return the entry that every scenario records, as the API takes it."""
    return {
        "direction": "credit",
        "amount": "12.34",
        "business_date": day.isoformat(),
        "description": "Venda de teste",
        "category": "bench",
    }


def entry_requests(system: System, merchant: str) -> Iterator[bytes]:
    """Yield for ever: a new entry of the merchant, for today, with a key of its own."""
    token, target, run = system.token(merchant), system.entries, uuid4()
    body = orjson.dumps(entry(business_today()))
    for number in itertools.count():
        yield target.post("/v1/entries", token, body, f"{run}-{number}")


def bulk_request(target: Target, token: str, days: list[date]) -> bytes:
    """Return one atomic bulk with an entry for each of the days."""
    run = uuid4()
    entries = [entry(day) | {"idempotency_key": f"{run}-{number}"} for number, day in enumerate(days)]
    return target.post("/v1/entries/bulk", token, orjson.dumps({"mode": "atomic", "entries": entries}))
