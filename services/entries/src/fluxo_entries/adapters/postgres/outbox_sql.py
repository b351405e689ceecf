"""The statements of the outbox: what the relay publishes, what it holds back, and what is removed."""
# ruff: noqa: S608 - put together from constants of this file only; values are always parameters

from typing import Final

# Where a stream at generation $1, transaction $2, sequence $3 goes on: at the start when it is of an older generation.
_CURRENT: Final = """
WITH current AS MATERIALIZED (SELECT outbox_generation_after($1::integer, $2::xid8) AS generation)
"""
_AFTER: Final = """
(xid, seq) > (
    (SELECT CASE WHEN generation = $1 THEN $2::xid8 ELSE '0' END FROM current),
    (SELECT CASE WHEN generation = $1 THEN $3::bigint ELSE 0 END FROM current)
)
"""

# EXISTS would let the planner read whole partitions for the one row that is most often not there.
_IN_ORDER: Final = "ORDER BY xid, seq LIMIT 1"

# A cluster that lost its last commits (a copy of its files was put back, a disk forgot) gives their transaction ids and
# sequence values to other rows. So what lies at the stream's last id must be the event that the stream has there: $4,
# NULL when it is not known any more. Where nothing lies there or below, rows that all had acknowledged are gone.
_IS_KNOWN: Final = """
coalesce((
    SELECT (xid, seq) = ($2::xid8, $3::bigint) AND ($4::bytea IS NULL OR event = $4::bytea)
    FROM outbox WHERE (xid, seq) <= ($2::xid8, $3::bigint) ORDER BY xid DESC, seq DESC LIMIT 1
), true)
"""

# A transaction that this database has not come to: the generation must be raised, if the stream's is the same.
_FOREIGN: Final = "'18446744073709551615'"
_RECOGNISED: Final = f"""
WITH current AS MATERIALIZED (
    SELECT outbox_generation_after($1::integer, CASE WHEN {_IS_KNOWN} THEN $2::xid8 ELSE {_FOREIGN} END) AS generation
)
"""

RECOGNISE: Final = f"{_RECOGNISED} SELECT generation FROM current"

# The generation comes from the same snapshot as the rows, so that a batch never carries another one's. Nothing that is
# still open can come below $6 either.
ROWS_AFTER: Final = f"""{_RECOGNISED}
SELECT (SELECT generation FROM current) AS generation, xid, seq, event FROM outbox
WHERE {_AFTER} AND xid < greatest(pg_snapshot_xmin(pg_current_snapshot()), $6::xid8)
ORDER BY xid, seq LIMIT $5
"""

# Two statements, each with its own look at the locks, and the second after the first is committed (ADR 0048).
CLOSE_TO_WHO_IS_PASSED: Final = "SELECT pass_outbox_horizon()"
HORIZON_PASSING: Final = "SELECT least((SELECT xid FROM outbox_passed), outbox_horizon())"

MOVE_BULK_EVENTS: Final = "SELECT generation, xid, seq, event_count FROM move_bulk_events()"

HAS_ROWS_AFTER: Final = f"{_CURRENT} SELECT (SELECT true FROM outbox WHERE {_AFTER} {_IN_ORDER}) IS NOT NULL"

# $4..$6 are the generation, transaction and sequence of the end. What is published needs no look at the horizon.
_UP_TO: Final = "(SELECT generation FROM current) = $4::integer AND (xid, seq) <= ($5::xid8, $6::bigint)"

HAS_ROWS_BETWEEN: Final = f"""{_CURRENT}
SELECT (SELECT true FROM outbox WHERE {_AFTER} AND {_UP_TO} {_IN_ORDER}) IS NOT NULL
"""

OLDEST_AGE: Final = f"""{_CURRENT}
SELECT coalesce(extract(epoch FROM clock_timestamp() - (
    SELECT created_at FROM outbox WHERE {_AFTER} AND {_UP_TO} {_IN_ORDER}
)), 0)::float8
"""

BACKLOG: Final = f"""{_CURRENT}
SELECT least(coalesce(sum(events), 0), 100000)::bigint AS rows,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest_age_s,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (
        WHERE xid >= (SELECT outbox_horizon())
    )), 0)::float8 AS held_back_age_s
FROM (
    (SELECT xid, created_at, 1 AS events FROM outbox WHERE {_AFTER} ORDER BY xid, seq LIMIT 100000)
    UNION ALL
    SELECT NULL, created_at, event_count FROM bulk_outbox
) AS waiting
"""

# Whose transaction the horizon is, one that writes into the outbox. Another role's session shows no more of itself than
# this; a prepared transaction has no session.
_INSTANT: Final = "' since ' || to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
HORIZON_HOLDER: Final = f"""
WITH horizon AS MATERIALIZED (SELECT outbox_horizon()::xid AS xid)
SELECT concat('prepared transaction ', quote_literal(gid), ' of ', owner, ' in database ', database,
    {_INSTANT.format("prepared")})
FROM horizon JOIN pg_prepared_xacts ON transaction = xid
UNION ALL
SELECT concat('session ', pid, ' of ', usename, ' in database ', datname, {_INSTANT.format("xact_start")})
FROM horizon JOIN pg_locks ON transactionid = xid AND mode = 'ExclusiveLock' JOIN pg_stat_activity USING (pid)
"""

RAISE_GENERATION: Final = "SELECT raise_outbox_generation($1)"
NOTE_ACKNOWLEDGED: Final = """
UPDATE acknowledged SET generation = $1, xid = $2::xid8, seq = $3 WHERE (generation, xid, seq) <> ($1, $2::xid8, $3)
"""
CREATE_PARTITIONS: Final = "SELECT make_outbox_partitions($1)"
DROP_PARTITIONS: Final = "SELECT drop_outbox_partitions($1, $2, $3, $4)"
PURGE_IDEMPOTENCY_KEYS: Final = "SELECT purge_idempotency_keys($1)"
PURGE_IMPORT_LINES: Final = "SELECT purge_import_lines($1)"
TRY_LEADERSHIP: Final = "SELECT pg_try_advisory_lock(hashtext('fluxo_entries'), hashtext('purge_outbox'))"
END_LEADERSHIP: Final = "SELECT pg_advisory_unlock(hashtext('fluxo_entries'), hashtext('purge_outbox'))"
