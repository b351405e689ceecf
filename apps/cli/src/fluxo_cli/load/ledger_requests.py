"""What merchants ask for: a day's balance, and to record an entry."""

import itertools
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

import orjson

from fluxo_cli.load.target import Target

TEST_CATEGORY: Final = "fluxo-bench"
_DAYS: Final = 365


def day_reads(target: Target, token: str, today: date) -> Iterator[bytes]:
    """Yield without end: every second time today, else any day of the last year."""
    rng = random.Random(0)  # noqa: S311 - a choice of days is no secret
    for number in itertools.count():
        back = 0 if number % 2 == 0 else rng.randrange(_DAYS)
        yield target.get(f"/v1/daily-balances/{today - timedelta(days=back)}", token)


def trial_entries(target: Target, token: str) -> Iterator[bytes]:
    """Yield without end: one cent in, one cent out, each recorded as a test and with a key of its own."""
    run = uuid4()
    bodies = [
        orjson.dumps(
            {"direction": direction, "amount": "0.01", "description": "Test by fluxo bench", "category": TEST_CATEGORY}
        )
        for direction in ("credit", "debit")
    ]
    for number in itertools.count():
        yield target.post("/v1/entries", token, bodies[number % 2], f"fluxo-bench-{run}-{number}")
