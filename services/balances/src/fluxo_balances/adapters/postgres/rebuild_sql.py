"""What a rebuild does, as the owner of the tables. What projectors write meanwhile stands in `projection_sql.py`."""

# ruff: noqa: S608 - put together from constants of this service only; values are always parameters

from typing import Final

from fluxo_contracts.replay import REPLAY_COLUMNS

from fluxo_balances.adapters.postgres.projection_sql import REBUILD_LOCK, applying, applying_api_keys, applying_settings

# In the order in which they are written.
TABLES: Final = (
    "inbox",
    "day_totals",
    "month_totals",
    "category_totals",
    "category_names",
    "merchants",
    "merchant_settings",
    "api_keys",
)
_SHADOWS: Final = ", ".join(f"shadow_{table}" for table in TABLES)

# Waits a moment: the session of a rebuild that was killed just now may still be ending.
LOCK_PATIENCE: Final = "SET lock_timeout = '2s'"
LOCK: Final = "SELECT pg_advisory_lock({}, {})".format(*REBUILD_LOCK)
NO_PATIENCE: Final = "RESET lock_timeout"

REPLAYED_TABLE: Final = "replayed"
REPLAYED: Final = f"""
CREATE TEMPORARY TABLE {REPLAYED_TABLE} ({", ".join(REPLAY_COLUMNS)}) ON COMMIT DELETE ROWS AS
SELECT NULL::uuid, NULL::text, NULL::text, NULL::bigint, NULL::text, NULL::date, NULL::timestamptz, NULL::text
WHERE false
"""

DELETE_REBUILD: Final = "DELETE FROM rebuild"
INSERT_REBUILD: Final = "INSERT INTO rebuild (mark) VALUES ($1)"
DROP_SHADOWS: Final = f"DROP TABLE IF EXISTS {_SHADOWS}"

# Columns, defaults, constraints and indexes are copied by LIKE, storage parameters, grants and policies are not.
# Autovacuum would hold a lock for as long as it takes, just when the tables are to be swapped.
CREATE_SHADOWS: Final = f"""
DO $$
DECLARE
    live text;
    missing text;
BEGIN
    FOREACH live IN ARRAY ARRAY{list(TABLES)} LOOP
        EXECUTE format('CREATE TABLE shadow_%1$s (LIKE %1$s INCLUDING ALL)', live);
        FOR missing IN
            SELECT format('ALTER TABLE shadow_%s SET (%s)', live, array_to_string(reloptions, ', '))
            FROM pg_class WHERE oid = live::regclass AND reloptions IS NOT NULL
            UNION ALL
            SELECT format('ALTER TABLE shadow_%s SET (autovacuum_enabled = false)', live)
            UNION ALL
            SELECT format('GRANT %s ON shadow_%s TO %s', privilege_type, live,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
            FROM pg_class, aclexplode(relacl) WHERE oid = live::regclass AND grantee <> relowner
            UNION ALL
            SELECT format('ALTER TABLE shadow_%s ENABLE ROW LEVEL SECURITY', live)
            FROM pg_class WHERE oid = live::regclass AND relrowsecurity
            UNION ALL
            SELECT format('CREATE POLICY %I ON shadow_%s TO %s USING (%s)', polname, live,
                (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ')
                    FROM unnest(polroles) AS role), pg_get_expr(polqual, polrelid))
            FROM pg_policy WHERE polrelid = live::regclass
        LOOP
            EXECUTE missing;
        END LOOP;
    END LOOP;
END
$$
"""

REPLAYED_MERCHANTS: Final = f"SELECT DISTINCT merchant_id FROM {REPLAYED_TABLE}"

# $1: ids below it are not remembered, and were never applied by a projector since the rebuild began. $2: the merchant;
# null stands for all.
LOAD: Final = applying(
    f"""
    SELECT id AS event_id, merchant_id, business_date, currency, recorded_at, category,
        CASE direction WHEN 'credit' THEN amount_minor ELSE 0 END AS credit_minor,
        CASE direction WHEN 'debit' THEN amount_minor ELSE 0 END AS debit_minor
    FROM {REPLAYED_TABLE} WHERE $2::text IS NULL OR merchant_id = $2
    """,
    tables="shadow_",
    remembered="event_id >= $1",
    new="event_id IN (SELECT event_id FROM new_ids) OR event_id < $1",
)

LOAD_SETTINGS: Final = applying_settings("shadow_")
LOAD_API_KEYS: Final = applying_api_keys("shadow_")

# No replay tells it.
KEEP_API_KEY_USES: Final = """
UPDATE shadow_api_keys AS shadow SET last_used_at = api_keys.last_used_at FROM api_keys WHERE api_keys.id = shadow.id
"""

# The planner knows nothing about new tables, and everybody reads them at once.
ANALYZE: Final = f"ANALYZE {_SHADOWS}"

# In the order in which projectors lock them, those that are read first: a projector that has the first goes on to its
# end, and nothing is held while it is waited for.
LOCK_ALL: Final = f"LOCK TABLE {', '.join(TABLES)}, {_SHADOWS} IN ACCESS EXCLUSIVE MODE"
LOCK_WAIT_MAX_MS: Final = 400

# $1 the merchants that could not be loaded: they take along what is live, inbox and all.
KEEP: Final = tuple(
    statement
    for table in TABLES
    for statement in (
        f"DELETE FROM shadow_{table} WHERE merchant_id = ANY($1::text[])",
        f"INSERT INTO shadow_{table} SELECT * FROM {table} WHERE merchant_id = ANY($1::text[])",
    )
)

TAKE_REBUILD: Final = "DELETE FROM rebuild WHERE mark = $1 RETURNING mark"

SWAP: Final = f"DROP TABLE {', '.join(TABLES)};" + "".join(
    f"""
    ALTER TABLE shadow_{table} RESET (autovacuum_enabled);
    ALTER TABLE shadow_{table} RENAME TO {table};
    ALTER INDEX shadow_{table}_pkey RENAME TO {table}_pkey;
    """
    for table in TABLES
)
