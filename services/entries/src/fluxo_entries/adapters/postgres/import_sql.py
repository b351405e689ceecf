"""The statements of imports. Writes stand in transactions that have named their merchant, $1."""
# ruff: noqa: S608 - put together from constants of this file only; values are always parameters

from typing import Final

from fluxo_chassis.postgres.tenants import NAME_TENANTS, of_tenants

INTERRUPTED: Final = "Reading the file was interrupted. Send it again."
_IS_LEFT: Final = "state = 'parsing' AND leased_until < clock_timestamp()"
_SEEN: Final = f"""
SELECT imports.*, CASE WHEN {_IS_LEFT} THEN 'failed' ELSE state END AS state_now,
    CASE WHEN {_IS_LEFT} THEN '{INTERRUPTED}' ELSE reason END AS reason_now
FROM imports
"""
LEASE: Final = "clock_timestamp() + interval '5 seconds'"

# Beside the merchant, for a transaction whose loss would only be work done again; a later one that is safe makes it so.
NAME_AND_DO_NOT_WAIT: Final = f"{NAME_TENANTS}, set_config('synchronous_commit', 'off', true)"

GET: Final = of_tenants(f"{_SEEN} WHERE merchant_id = me.tenants AND id = $2")
PAGE: Final = of_tenants(
    f"{_SEEN} WHERE merchant_id = me.tenants AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
)
CLAIM: Final = "SELECT tenant, import_id FROM claim_import()"

GIVE_UP_LEFT: Final = f"""
UPDATE imports SET state = 'failed', reason = '{INTERRUPTED}', idempotency_key = NULL
WHERE merchant_id = $1 AND {_IS_LEFT}
"""
COUNT_WAITING: Final = "SELECT count(*) FROM imports WHERE merchant_id = $1 AND state IN ('parsing', 'ready')"
ADD: Final = f"""
INSERT INTO imports
    (merchant_id, id, idempotency_key, digest, filename, account, currency, created_at, columns_given,
    fees_apart, state, leased_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'parsing', {LEASE})
ON CONFLICT DO NOTHING
"""
FIND_THE_SAME: Final = f"""
{_SEEN} WHERE merchant_id = $1 AND (idempotency_key = $2 OR (digest = $3 AND state IN ('parsing', 'ready')))
ORDER BY idempotency_key IS NOT DISTINCT FROM $2 DESC LIMIT 1
"""
KEEP: Final = f"UPDATE imports SET leased_until = {LEASE} WHERE merchant_id = $1 AND id = $2"
LET_GO: Final = "UPDATE imports SET leased_until = clock_timestamp() WHERE merchant_id = $1 AND id = $2"

_TOTALS: Final = """
(SELECT coalesce(jsonb_object_agg(status, jsonb_build_array(number, credits, debits)), '{}') FROM (
    SELECT status, count(*) AS number,
        coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0) AS credits,
        coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0) AS debits
    FROM import_lines WHERE merchant_id = $1 AND import_id = $2 GROUP BY status
) AS of_status)
"""
SET_READ: Final = f"""
UPDATE imports SET state = CASE WHEN $3::text IS NULL THEN 'ready' ELSE 'failed' END, reason = $3, format = $4,
    heading = $5, guessed = $6, opening_minor = $7, closing_minor = $8, difference_minor = $9, line_count = $10,
    columns = $11, totals = {_TOTALS}
WHERE merchant_id = $1 AND id = $2 AND state = 'parsing'
"""
SET_STATE: Final = (
    f"UPDATE imports SET state = $4, totals = {_TOTALS} WHERE merchant_id = $1 AND id = $2 AND state = $3"
)
CONFIRM: Final = """
UPDATE imports SET state = 'confirmed', confirmed_at = $3, records_possible = $4, category = $5
WHERE merchant_id = $1 AND id = $2 AND state = 'ready'
"""
KEEP_COLUMNS: Final = """
INSERT INTO import_mappings (merchant_id, fingerprint, columns, confirmed_at)
SELECT merchant_id, columns ->> 'fingerprint', columns ->> 'text', confirmed_at FROM imports
WHERE merchant_id = $1 AND id = $2 AND columns ->> 'origin' = 'given' AND columns ->> 'fingerprint' <> ''
ON CONFLICT (merchant_id, fingerprint) DO UPDATE
SET columns = EXCLUDED.columns, confirmed_at = EXCLUDED.confirmed_at
"""
IS_STALE: Final = of_tenants("""
SELECT EXISTS (
        SELECT FROM (
            SELECT DISTINCT booked_on FROM import_lines WHERE merchant_id = me.tenants AND import_id = imports.id
        ) AS days
        JOIN own_entries AS entry ON business_date = booked_on
        WHERE entry.merchant_id = me.tenants AND entry.id > imports.id
    )
    OR EXISTS (
        SELECT FROM import_lines AS line JOIN merchants ON merchants.merchant_id = me.tenants
        WHERE line.merchant_id = me.tenants AND import_id = imports.id AND CASE
            WHEN reason_code = 'day_closed' THEN booked_on <= closed_through IS NOT TRUE
            ELSE status IN ('new', 'possible_duplicate') AND booked_on <= closed_through
        END
    )
    OR EXISTS (
        SELECT FROM import_mappings AS known WHERE known.merchant_id = me.tenants AND columns_given IS NULL
            AND fingerprint = imports.columns ->> 'fingerprint' AND known.columns <> imports.columns ->> 'text'
    )
FROM imports WHERE merchant_id = me.tenants AND id = $2
""")
KNOWN_COLUMNS: Final = of_tenants("""
SELECT fingerprint, columns FROM import_mappings WHERE merchant_id = me.tenants ORDER BY confirmed_at DESC LIMIT $2
""")
REMOVE: Final = f"""
DELETE FROM imports WHERE merchant_id = $1 AND id = $2 AND (state IN ('ready', 'failed') OR {_IS_LEFT})
"""

_LINE_TYPES: Final = {
    "position": "integer",
    "place": "text",
    "booked_on": "date",
    "amount_minor": "bigint",
    "description": "text",
    "bank_id": "text",
    "account": "text",
    "kind": "text",
    "line_key": "bytea",
    "ordinal": "integer",
    "status": "text",
    "reason": "text",
    "duplicate_of": "uuid",
    "source": "text",
    "other_key": "bytea",
    "reason_code": "text",
    "instead_of": "uuid",
}
LINE_COLUMNS: Final = tuple(_LINE_TYPES)
_LINE: Final = ", ".join(LINE_COLUMNS)
_GIVEN: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_LINE_TYPES.values(), 3))

ADD_LINES: Final = f"""
INSERT INTO import_lines (merchant_id, import_id, {_LINE})
SELECT $1::text, $2::uuid, given.* FROM unnest({_GIVEN}) AS given
"""
COUNT_LINES: Final = "UPDATE imports SET line_count = $3 WHERE merchant_id = $1 AND id = $2"
REMOVE_LINES: Final = """
DELETE FROM import_lines WHERE merchant_id = $1 AND import_id = $2 AND position <= $3 + (
    SELECT min(position) FROM import_lines WHERE merchant_id = $1 AND import_id = $2
)
"""


def page_of_lines(statuses: list[str]) -> str:
    """Return the statement: $1 the merchant, $2 the import, $3 the position before, $4 the limit.

    The statuses stand in it, so that the planner knows whether the index of those that are not new will do.
    """
    wanted = f"AND status IN ({', '.join(repr(str(each)) for each in statuses)})" if statuses else ""
    return of_tenants(f"""
    SELECT {_LINE}, (
        SELECT entry_id FROM imported_lines AS known WHERE known.merchant_id = me.tenants
            AND known.line_key = line.line_key AND known.ordinal = line.ordinal
    ) AS entry_id
    FROM import_lines AS line
    WHERE merchant_id = me.tenants AND import_id = $2 AND position > $3 {wanted} ORDER BY position LIMIT $4
    """)


# $3 the position before, $4 the last one that is looked at, $5 the statuses, $6 the limit.
WAITING: Final = of_tenants("""
SELECT position, line_key, ordinal, booked_on, amount_minor, description, account, bank_id IS NOT NULL AS has_bank_id,
    instead_of
FROM import_lines
WHERE merchant_id = me.tenants AND import_id = $2 AND position > $3 AND position <= $4 AND status = ANY ($5)
ORDER BY position LIMIT $6
""")

# What an earlier import recorded, and which of its twins each line is. Read, and not written by one statement: nobody's
# events come out while a long one writes.
RECORDED_BEFORE: Final = """
SELECT position, ordinal, known.entry_id AS duplicate_of,
    (SELECT id FROM own_entries AS reversal WHERE reversal.reverses = known.entry_id) IS NOT NULL AS is_reversed
FROM (
    SELECT position, line_key, status, ordinal AS before,
        (row_number() OVER (PARTITION BY line_key ORDER BY position))::integer AS ordinal
    FROM import_lines WHERE merchant_id = $1 AND import_id = $2 AND status <> 'invalid'
) AS line
LEFT JOIN LATERAL (
    SELECT entry_id FROM imported_lines
    WHERE merchant_id = $1 AND line_key = line.line_key AND ordinal = line.ordinal OFFSET 0
) AS known ON true
WHERE ordinal <> before OR (known.entry_id IS NOT NULL AND status <> 'duplicate')
"""
# What an earlier import recorded of the same row, with fees read in the other way. Of twins that may be any.
RECORDED_OTHERWISE: Final = """
SELECT position, entry_id FROM import_lines AS line CROSS JOIN LATERAL (
    SELECT entry_id FROM imported_lines
    WHERE merchant_id = $1 AND line_key = line.other_key ORDER BY ordinal LIMIT 1
) AS known
WHERE merchant_id = $1 AND import_id = $2 AND status = 'new' AND other_key IS NOT NULL
"""
OPEN: Final = """
SELECT array_agg(DISTINCT booked_on) AS days, bool_and(bank_id IS NOT NULL) AS all_named,
    CASE WHEN bool_and(account IS NOT NULL) THEN array_agg(DISTINCT account) END AS accounts
FROM import_lines
WHERE merchant_id = $1 AND import_id = $2 AND status IN ('new', 'possible_duplicate')
"""

# $3 the days, $4 whether every line has an id of its bank, $5 the accounts if every line has one. Entries that were
# reversed, and reversals, stand for no line. What an import recorded of another account, or under an id where every
# line has one, is another line by what its bank says, but only may be: files write one account in several ways, and
# banks number lines anew. Ranks tell twins: the n-th line is the n-th entry's. What has an entry of its own is taken
# out before what only may have one is looked for.
COMPARED: Final = """
WITH open AS MATERIALIZED (
    SELECT position, booked_on, amount_minor, description,
        row_number() OVER (PARTITION BY booked_on, amount_minor, description ORDER BY position) AS nth
    FROM import_lines
    WHERE merchant_id = $1 AND import_id = $2 AND status IN ('new', 'possible_duplicate')
), entry AS MATERIALIZED (
    SELECT id, business_date, signed_minor, description, is_another,
        row_number() OVER (PARTITION BY business_date, signed_minor, description, is_another ORDER BY id) AS nth
    FROM (
        SELECT *, CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END AS signed_minor FROM own_entries
    ) AS entries
    LEFT JOIN LATERAL (
        SELECT ($4::boolean AND has_bank_id) OR ($5::text[] IS NOT NULL AND account <> ALL ($5)) AS said
        FROM imported_lines WHERE imported_lines.merchant_id = $1 AND entry_id = entries.id LIMIT 1
    ) AS origin ON true
    CROSS JOIN LATERAL (SELECT coalesce(said, false) AS is_another) AS known
    WHERE merchant_id = $1 AND business_date = ANY ($3) AND reverses IS NULL
        AND (SELECT reversal.id FROM own_entries AS reversal WHERE reversal.reverses = entries.id) IS NULL
        AND NOT EXISTS (
            SELECT FROM import_lines AS taken
            WHERE taken.merchant_id = $1 AND import_id = $2 AND status = 'duplicate' AND duplicate_of = entries.id
        )
), same AS MATERIALIZED (
    SELECT position, entry.id FROM open JOIN entry
        ON business_date = booked_on AND signed_minor = amount_minor
        AND entry.description = open.description AND entry.nth = open.nth AND NOT is_another
), alike AS (
    SELECT position, entry.id FROM (
        SELECT position, booked_on, amount_minor,
            row_number() OVER (PARTITION BY booked_on, amount_minor ORDER BY position) AS nth
        FROM open WHERE NOT EXISTS (SELECT FROM same WHERE same.position = open.position)
    ) AS line JOIN (
        SELECT id, business_date, signed_minor,
            row_number() OVER (PARTITION BY business_date, signed_minor ORDER BY id) AS nth
        FROM entry WHERE NOT EXISTS (SELECT FROM same WHERE same.id = entry.id)
    ) AS entry ON business_date = booked_on AND signed_minor = amount_minor AND entry.nth = line.nth
)
SELECT position, 'duplicate' AS status, id AS duplicate_of FROM same
UNION ALL
SELECT position, 'possible_duplicate', id FROM alike
"""
BY_HASH: Final = "SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true)"
"""What was just stored has no statistics yet. Neither a nested loop over a million lines ends, nor a merge of twins,
which compares each with each."""

SET_LINES: Final = """
UPDATE import_lines AS line
SET ordinal = coalesce(given.ordinal, line.ordinal), status = coalesce(given.status, line.status),
    duplicate_of = given.duplicate_of, reason_code = given.code, reason = given.reason,
    instead_of = coalesce(given.instead_of, line.instead_of)
FROM unnest($3::integer[], $4::integer[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::uuid[])
    AS given (position, ordinal, status, duplicate_of, code, reason, instead_of)
WHERE line.merchant_id = $1 AND import_id = $2 AND line.position = given.position AND line.position = ANY ($3)
"""
REFUSE: Final = """
UPDATE import_lines SET status = 'invalid', reason_code = $4, reason = $5
WHERE merchant_id = $1 AND import_id = $2 AND status IN ('new', 'possible_duplicate') AND booked_on <= $3
"""
ADD_RECORDED: Final = """
INSERT INTO imported_lines (merchant_id, line_key, ordinal, entry_id, account, has_bank_id)
SELECT $1::text, given.* FROM unnest($2::bytea[], $3::integer[], $4::uuid[], $5::text[], $6::boolean[]) AS given
ON CONFLICT (merchant_id, line_key, ordinal) DO UPDATE
SET entry_id = EXCLUDED.entry_id, account = EXCLUDED.account, has_bank_id = EXCLUDED.has_bank_id
"""
ADVANCE: Final = f"""
UPDATE imports SET recorded_up_to = $4, recorded_count = recorded_count + $5, leased_until = {LEASE}
WHERE merchant_id = $1 AND id = $2 AND recorded_up_to = $3 AND state = 'recording'
"""
