"""The statements of sealing, and of verifying what is sealed."""
# ruff: noqa: S608 - put together from constants only; values are always parameters

from typing import Final

from fluxo_chassis.postgres.tenants import of_tenants

from fluxo_entries.adapters.postgres.seal_rows import BLOCK, ENTRY

PROGRESS: Final = "SELECT generation, xid, seq, scanned FROM sealing"

SCAN: Final = f"SELECT {ENTRY} FROM entries WHERE id > $1 ORDER BY id LIMIT $2"

# What was restored elsewhere has new transaction ids, and a generation of its own: it is all looked at again. Position
# and rows are of one database, so that nothing else can be between them.
_AFTER: Final = """
(xid, seq) > (
    CASE WHEN (SELECT generation FROM outbox_generation) = $1::integer THEN $2::xid8 ELSE '0' END,
    CASE WHEN (SELECT generation FROM outbox_generation) = $1::integer THEN $3::bigint ELSE 0 END
)
"""
ANNOUNCED: Final = f"""
SELECT (SELECT generation FROM outbox_generation) AS generation, xid, seq, event FROM outbox
WHERE {_AFTER} AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, seq LIMIT $4
"""

# A block's `up_to` is never less than that of the one before it: those that may hold one of these are the last ones.
UNSEALED: Final = f"""
WITH given AS MATERIALIZED (
    SELECT {ENTRY} FROM entries WHERE id = ANY ($1::uuid[])
), spans AS (
    SELECT merchant_id, min(recorded_at) AS since, max(recorded_at) AS up_to FROM given GROUP BY merchant_id
)
SELECT * FROM given WHERE id NOT IN (
    SELECT unnest(ids) FROM spans CROSS JOIN LATERAL (
        SELECT ids FROM seals
        WHERE seals.merchant_id = spans.merchant_id AND seals.since <= spans.up_to AND number > coalesce((
            SELECT number FROM seals AS earlier
            WHERE earlier.merchant_id = spans.merchant_id AND earlier.up_to < spans.since ORDER BY number DESC LIMIT 1
        ), 0)
    ) AS sealed
)
"""


def _latest(merchant: str) -> str:
    return f"""
SELECT merchant_id, number, entry_count, up_to, seal, signature, public_key FROM seals
WHERE seals.merchant_id = {merchant} ORDER BY number DESC LIMIT 1
"""


LATEST: Final = f"""
SELECT latest.* FROM unnest($1::text[]) AS given (merchant_id)
CROSS JOIN LATERAL ({_latest("given.merchant_id")}) AS latest
"""
LATEST_OF_OWN: Final = of_tenants(_latest("me.tenants"))

ADVANCE: Final = """
UPDATE sealing SET generation = $5, xid = $6, seq = $7, scanned = $8
WHERE (generation, xid, seq) = ($1::integer, $2::xid8, $3::bigint) AND scanned IS NOT DISTINCT FROM $4::uuid
"""
ADD_BLOCK: Final = f"INSERT INTO seals ({BLOCK}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"

# For verifying: $1 is the merchant, null stands for all.
COUNT: Final = "SELECT count(*) FROM entries WHERE $1::text IS NULL OR merchant_id = $1"
BLOCKS: Final = f"SELECT {BLOCK} FROM seals WHERE $1::text IS NULL OR merchant_id = $1 ORDER BY merchant_id, number"
ENTRIES: Final = f"SELECT {ENTRY} FROM entries WHERE id = ANY ($1::uuid[])"
UNSEALED_PASSED: Final = """
SELECT entries.merchant_id, entries.id FROM entries LEFT JOIN (SELECT unnest(ids) AS id FROM seals) AS sealed USING (id)
WHERE sealed.id IS NULL AND ($1::text IS NULL OR entries.merchant_id = $1)
    AND entries.id <= coalesce((SELECT scanned FROM sealing), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY entries.merchant_id, entries.id
"""
WAITING: Final = f"SELECT event FROM outbox WHERE {_AFTER} UNION ALL SELECT unnest(events) FROM bulk_outbox"
