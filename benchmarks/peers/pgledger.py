"""pgledger: a ledger in the database's own functions, called by pgbench."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from benchmarks import pgbench
from benchmarks.peers.peer import AMOUNT_MINOR, BACK_DATED_DAYS, HISTORY_DAYS, SPREAD, Peer, installed
from benchmarks.peers.servers import Servers
from benchmarks.sql import ask, run_script
from benchmarks.wrk import business_today

_NAME: Final = "pgledger"

# An account whose id is its name, and one that what comes in comes from.
_OPEN: Final = """
INSERT INTO pgledger_accounts (id, name, currency, allow_negative_balance, allow_positive_balance, created_at,
    updated_at)
SELECT id, id, 'BRL', true, true, now(), now() FROM generate_series(0, $1::integer) AS number,
    LATERAL (VALUES ('from-' || number), ('to-' || number)) AS given (id)
"""
_RECORD: Final = "SELECT * FROM pgledger_create_transfer('from-{source}', 'to-{to}', {amount}{event_at});\n"
_SPREAD: Final = """\
\\set number random(1, {spread})
SELECT * FROM pgledger_create_transfer('from-' || :number, 'to-' || :number, {amount});
"""
_KEPT: Final = "SELECT balance FROM pgledger_accounts_view WHERE id = 'to-0';\n"
_DAY: Final = """
SELECT sum(amount) FROM pgledger_entries_view WHERE account_id = 'to-0' AND event_at < '{until}'::timestamptz;
"""
# Straight into its tables: its function would update one row 100,000 times.
_FILL: Final = """
WITH given AS MATERIALIZED (
    SELECT number, $2::date + number % $3::integer + interval '12 hours' AS event_at
    FROM generate_series(1, $1::integer) AS number
), transfers AS (
    INSERT INTO pgledger_transfers (from_account_id, to_account_id, amount, created_at, event_at)
    SELECT 'from-0', 'to-0', $4::numeric, event_at, event_at FROM given RETURNING id, amount, event_at
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY event_at, id) AS number FROM transfers
)
INSERT INTO pgledger_entries (account_id, transfer_id, amount, account_previous_balance, account_current_balance,
    account_version, created_at)
SELECT account_id, id, side * amount, side * amount * (number - 1), side * amount * number, number, event_at
FROM numbered, (VALUES ('from-0', -1), ('to-0', 1)) AS sides (account_id, side)
"""
_BALANCE: Final = """
UPDATE pgledger_accounts AS account SET balance = entry.balance, version = entry.version
FROM (SELECT account_id, sum(amount) AS balance, count(*) AS version FROM pgledger_entries GROUP BY account_id) AS entry
WHERE id = account_id
"""


@contextmanager
def pgledger(servers: Servers, entries: int) -> Iterator[Peer]:
    file, version = installed(_NAME, "pgledger.sql", "https://github.com/pgr0ss/pgledger")
    url = servers.database(_NAME)
    run_script(url, file.read_text())
    amount, today = AMOUNT_MINOR / 100, business_today()
    ask(url, _OPEN, arguments=(SPREAD,))
    ask(url, _FILL, arguments=(entries, today - timedelta(days=HISTORY_DAYS - 1), HISTORY_DAYS, amount))
    ask(url, _BALANCE, "VACUUM (ANALYZE)")
    back_dated = f", '{today - timedelta(days=BACK_DATED_DAYS)}T12:00:00Z'"
    scripts = {
        "entry": _RECORD.format(source=0, to=0, amount=amount, event_at=""),
        "entry of one of many": _SPREAD.format(spread=SPREAD, amount=amount),
        "kept balance": _KEPT,
        "day": _DAY.format(until=today),
        "back-dated entry": _RECORD.format(source=0, to=0, amount=amount, event_at=back_dated),
    }
    yield Peer(
        name=_NAME,
        version=version,
        differs=(
            "Functions of the database, called by pgbench without a service: no HTTP, no token, no idempotency, no "
            "event. A transfer locks and updates both accounts; the balance of a past day has no function of its own "
            "and is the sum of the entries before it."
        ),
        entries=entries,
        asks={asked: partial(pgbench.run, url, script, percentiles=True) for asked, script in scripts.items()},
        settle=partial(servers.until_idle, _NAME),
    )
