"""What the projector writes. Reads stand in `read_sql.py`, a rebuild in `rebuild_sql.py`."""

# ruff: noqa: S608 - put together from constants of this service only; values are always parameters

from typing import Final

from fluxo_balances.adapters.postgres.carry import added

NOTIFIED_ENTRIES_MAX: Final = 50


# One statement, so one round trip and all or nothing. The entries come from `incoming`, each event id once. Every table
# is written in key order and the tables always in the same order, so that projectors that share merchants wait for each
# other and do not deadlock.
#
# Totals are summed over the new entries only: those whose id the inbox did not hold. The IN keeps the planner from
# a nested loop over two sets whose sizes it cannot know. `spelled` adds them up once, for the other sums to rest on.
#
# Categories that are the same when folded are one, shown as it was written first.
#
# A merchant has one currency. Another one becomes NULL here, which the column refuses, and with it the statement.
#
# A notification tells which entries it was, where they are few: 8,000 bytes is all that one may hold.
#
# `tables` is what the tables' names begin with; `remembered` and `new` choose which ids the inbox takes and which
# entries count; `applied` is what the statement answers, as a function of how many counted.
def applying(
    incoming: str,
    tables: str = "",
    remembered: str = "true",
    new: str = "event_id IN (SELECT event_id FROM new_ids)",
    applied: str = "count(*)",
) -> str:
    """Return the statement that applies entries to one set of tables."""
    return f"""
WITH incoming AS MATERIALIZED (
    {incoming}
), new_ids AS (
    INSERT INTO {tables}inbox (event_id, merchant_id)
    SELECT event_id, merchant_id FROM incoming WHERE {remembered} ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
), new AS MATERIALIZED (
    SELECT * FROM incoming WHERE {new}
), spelled AS MATERIALIZED (
    SELECT merchant_id, business_date, category AS name, coalesce(folded(category), '') AS category,
        sum(credit_minor)::bigint AS credits_minor, sum(debit_minor)::bigint AS debits_minor, count(*) AS entry_count,
        min(recorded_at) AS recorded_at
    FROM new
    GROUP BY merchant_id, business_date, new.category
), days AS MATERIALIZED (
    SELECT merchant_id, business_date, sum(credits_minor)::bigint AS credits_minor,
        sum(debits_minor)::bigint AS debits_minor, sum(entry_count)::bigint AS entry_count
    FROM spelled
    GROUP BY merchant_id, business_date
), upserted_days AS (
    INSERT INTO {tables}day_totals AS total (merchant_id, business_date, credits_minor, debits_minor, entry_count)
    SELECT merchant_id, business_date, credits_minor, debits_minor, entry_count
    FROM days
    ORDER BY merchant_id COLLATE "C", business_date
    ON CONFLICT (merchant_id, business_date) DO UPDATE SET
        {added("credits", "debits")},
        entry_count = total.entry_count + excluded.entry_count
), upserted_months AS (
    INSERT INTO {tables}month_totals AS total (merchant_id, month, credits_minor, debits_minor, entry_count)
    SELECT merchant_id, date_trunc('month', business_date::timestamp)::date AS month, sum(credits_minor)::bigint,
        sum(debits_minor)::bigint, sum(entry_count)::bigint
    FROM days
    GROUP BY merchant_id, month
    ORDER BY merchant_id COLLATE "C", month
    ON CONFLICT (merchant_id, month) DO UPDATE SET
        {added("credits", "debits")},
        entry_count = total.entry_count + excluded.entry_count
), upserted_categories AS (
    INSERT INTO {tables}category_totals AS total
        (merchant_id, business_date, category, credits_minor, debits_minor, entry_count)
    SELECT merchant_id, business_date, category, sum(credits_minor)::bigint, sum(debits_minor)::bigint,
        sum(entry_count)::bigint
    FROM spelled
    GROUP BY merchant_id, business_date, category
    ORDER BY merchant_id COLLATE "C", business_date, category COLLATE "C"
    ON CONFLICT (merchant_id, business_date, category) DO UPDATE SET
        {added("credits", "debits")},
        entry_count = total.entry_count + excluded.entry_count
), upserted_names AS (
    INSERT INTO {tables}category_names AS known (merchant_id, category, name, recorded_at)
    SELECT DISTINCT ON (merchant_id COLLATE "C", category COLLATE "C") merchant_id, category, name, recorded_at
    FROM spelled
    WHERE name IS NOT NULL
    ORDER BY merchant_id COLLATE "C", category COLLATE "C", recorded_at, name COLLATE "C"
    ON CONFLICT (merchant_id, category) DO UPDATE SET name = excluded.name, recorded_at = excluded.recorded_at
    WHERE (excluded.recorded_at, excluded.name) < (known.recorded_at, known.name)
), upserted_merchants AS (
    INSERT INTO {tables}merchants AS merchant (merchant_id, currency, as_of)
    SELECT merchant_id, CASE WHEN min(currency) = max(currency) THEN min(currency) END, max(recorded_at)
    FROM new
    GROUP BY merchant_id
    ORDER BY merchant_id COLLATE "C"
    ON CONFLICT (merchant_id) DO UPDATE SET
        currency = CASE WHEN merchant.currency = excluded.currency THEN merchant.currency END,
        as_of = greatest(merchant.as_of, excluded.as_of)
)
SELECT {applied} AS applied, CASE WHEN count(*) > 0 THEN pg_notify('fluxo_balances', CASE
    WHEN count(*) <= {NOTIFIED_ENTRIES_MAX} THEN (
        SELECT CASE WHEN octet_length(payload) < 8000 THEN payload ELSE '' END
        FROM (SELECT json_agg(json_build_array(event_id, merchant_id))::text AS payload FROM new) AS few
    )
    ELSE ''
END) END
FROM new
"""


# $1..$8 are arrays of one length, one element an entry.
_GIVEN: Final = """
    SELECT *
    FROM unnest(
        $1::uuid[], $2::text[], $3::date[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[]
    ) AS entry (event_id, merchant_id, business_date, credit_minor, debit_minor, currency, recorded_at, category)
"""

# While a rebuild is under way this applies nothing and answers null, unless $9 says that the shadow tables are seen to
# as well. The rebuild's row is looked for by the statement itself, so it costs no round trip.
_MAY_APPLY: Final = "($9 OR NOT EXISTS (SELECT FROM rebuild))"
# The commit waits for no disk: CONFIRM does, for many of them.
_CONFIRMED_LATER: Final = "set_config('synchronous_commit', 'off', true) = 'off'"
APPLY: Final = applying(
    f"{_GIVEN} WHERE {_MAY_APPLY}", applied=f"CASE WHEN {_MAY_APPLY} AND {_CONFIRMED_LATER} THEN count(*) END"
)
APPLY_TO_SHADOW: Final = applying(_GIVEN, tables="shadow_")


def applying_settings(tables: str = "") -> str:
    """Return the statement that keeps settings, $1..$3 as arrays with each merchant once, where they are later."""
    return f"""
INSERT INTO {tables}merchant_settings AS known (merchant_id, currency, changed_at)
SELECT merchant_id, currency, changed_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS changed (merchant_id, currency, changed_at)
ORDER BY merchant_id COLLATE "C"
ON CONFLICT (merchant_id) DO UPDATE SET currency = excluded.currency, changed_at = excluded.changed_at
WHERE known.changed_at < excluded.changed_at
"""


def applying_api_keys(tables: str = "") -> str:
    """Return the statement that keeps API keys, $1..$6 as arrays with each key once, scopes with blanks between."""
    return f"""
INSERT INTO {tables}api_keys AS known (id, merchant_id, hash, scopes, expires_at, revoked)
SELECT id, merchant_id, hash, string_to_array(scopes, ' '), expires_at, revoked
FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::timestamptz[], $6::boolean[])
    AS changed (id, merchant_id, hash, scopes, expires_at, revoked)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET revoked = true
WHERE excluded.revoked AND NOT known.revoked
"""


APPLY_SETTINGS: Final = applying_settings()
APPLY_SETTINGS_TO_SHADOW: Final = applying_settings("shadow_")
APPLY_API_KEYS: Final = applying_api_keys()
APPLY_API_KEYS_TO_SHADOW: Final = applying_api_keys("shadow_")

# A commit of its own, which ends only when the log is kept up to here: by the disk, and by the standbys that are waited
# for. The message is what makes it wait, for a transaction that wrote nothing has nothing to be kept.
CONFIRM: Final = """
SELECT (SELECT count(*) FROM inbox WHERE event_id = ANY($1::uuid[]))
FROM (SELECT pg_logical_emit_message(true, 'fluxo', '') OFFSET 0) AS written
"""

IS_REBUILDING: Final = "SELECT EXISTS (SELECT FROM rebuild)"


# The lock that a rebuild holds as long as its session lives; `rebuild_sql.LOCK` takes it.
REBUILD_LOCK: Final = (7_381, 204)

# The row of a rebuild that is no more (killed, or its connection lost). Nothing else removes it but the rebuild
# itself, and a new one puts its own in the place of the old by DELETE and INSERT, never by UPDATE: this DELETE then
# finds the row gone.
FORGET_ENDED_REBUILD: Final = f"""
DELETE FROM rebuild
WHERE NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND (classid, objid, objsubid) = {(*REBUILD_LOCK, 2)}
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""

# A UUIDv7 begins with the millisecond it was made in, so ids below $1 are older than the instant $1 begins with. By
# their places, since the planner may join ids by reading the whole inbox.
PURGE_INBOX: Final = """
DELETE FROM inbox
WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE event_id < $1 ORDER BY event_id LIMIT $2))
"""
