"""The statements that close days and reopen them. They run under the merchant's lock, one after the other."""
# ruff: noqa: S608 - put together from constants of this file only; values are always parameters

from typing import Final

from fluxo_chassis.postgres.tenants import naming, of_tenants

TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('fluxo_day_closes'), hashtext($1))"
UNLOCK: Final = "SELECT pg_advisory_unlock(hashtext('fluxo_day_closes'), hashtext($1))"

_LATEST: Final = "SELECT * FROM day_closes WHERE merchant_id = me.tenants ORDER BY number DESC LIMIT 1"

# What is closed now, with its balance, and the number of the trail's last row; no row where nothing was ever closed.
STATE: Final = of_tenants(f"""
SELECT latest.number AS latest, latest.closed_through, closed.number, closed.closing_balance_minor
FROM ({_LATEST}) AS latest
LEFT JOIN day_closes AS closed ON closed.merchant_id = me.tenants AND closed.action = 'closed'
    AND closed.day = latest.closed_through
ORDER BY closed.number DESC LIMIT 1
""")
TRAIL: Final = of_tenants("SELECT * FROM day_closes WHERE merchant_id = me.tenants ORDER BY number DESC LIMIT $2")
ROW: Final = of_tenants("SELECT * FROM day_closes WHERE merchant_id = me.tenants AND number = $2")

# Whether a close of the day, $2, need not wait: all is acknowledged, or it is closed already.
NEED_NOT_WAIT: Final = of_tenants(f"""
SELECT coalesce((SELECT closed_through >= $2 FROM ({_LATEST}) AS latest), false)
    OR days_are_acknowledged(me.tenants, $2)
""")

# $1 the merchant, $2 the last day that is closed, $3 and $4 the defaults of one that never set anything.
GUARD: Final = f"""
INSERT INTO merchants (merchant_id, name, currency, time_zone, closed_through)
SELECT me.tenants, me.tenants, $3, $4, $2::date FROM {naming("$1")}
ON CONFLICT (merchant_id) DO UPDATE SET closed_through = excluded.closed_through
"""

# Whoever writes entries holds this lock until its transaction ends, and took it before it looked at `closed_through`.
# $1 whom to look for; null stands for all.
WRITERS: Final = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'idempotency_keys'::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ($1::text[] IS NULL OR virtualtransaction = ANY ($1))
"""

# $1 the merchant, $2 the row's number, $3 the day, $4 who, $5 and $6 the last day that was closed, with its balance.
# Days that are closed cannot change, so that only those since then are added up. No row while one is not acknowledged.
CLOSE: Final = f"""
INSERT INTO day_closes (merchant_id, number, action, day, closed_through, by, currency, closing_balance_minor)
SELECT me.tenants, $2, 'closed', $3, $3, $4, (SELECT currency FROM merchants WHERE merchant_id = me.tenants), $6 + (
    SELECT coalesce(sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END), 0)
    FROM own_entries
    WHERE merchant_id = me.tenants AND business_date <= $3 AND ($5::date IS NULL OR business_date > $5)
)
FROM {naming("$1")} WHERE days_are_acknowledged(me.tenants, $3)
RETURNING *
"""

# $1 the merchant, $2 the row's number, $3 the row that closed the day, $4 who and $5 why. What had been closed before
# that row stays closed.
REOPEN: Final = f"""
INSERT INTO day_closes (merchant_id, number, action, day, closed_through, by, reason, currency, closing_balance_minor)
SELECT me.tenants, $2, 'reopened', day, (
    SELECT before.closed_through FROM day_closes AS before
    WHERE before.merchant_id = me.tenants AND before.number = closed.number - 1
), $4, $5, currency, closing_balance_minor
FROM {naming("$1")} CROSS JOIN LATERAL (
    SELECT * FROM day_closes WHERE merchant_id = me.tenants AND number = $3 OFFSET 0
) AS closed
RETURNING *
"""
