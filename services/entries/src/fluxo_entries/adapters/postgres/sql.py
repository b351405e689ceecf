"""The statements on entries, keys and merchants, readable as SQL; other tables have files of their own, `*_sql.py`."""
# ruff: noqa: S608 - put together from constants of this file only; values are always parameters

from typing import Final

from fluxo_chassis.postgres.tenants import IS_NAMED, naming, of_tenants

_ENTRY_TYPES: Final = {
    "id": "uuid",
    "merchant_id": "text",
    "direction": "text",
    "amount_minor": "bigint",
    "currency": "text",
    "business_date": "date",
    "description": "text",
    "category": "text",
    "reverses": "uuid",
    "recorded_at": "timestamptz",
}
"""The columns of an entry, named like its fields."""

ENTRY_COLUMNS: Final = list(_ENTRY_TYPES)
ENTRY: Final = ", ".join(ENTRY_COLUMNS)
_KEY_TYPES: Final = {"merchant_id": "text", "key": "text", "request_hash": "bytea", "entry_id": "uuid"}
KEY_COLUMNS: Final = ", ".join(_KEY_TYPES)

_GIVEN_TYPES: Final = {"key": "text", "request_hash": "bytea", "event": "bytea"} | _ENTRY_TYPES


def _rows(types: dict[str, str], first: int = 1) -> str:
    """Return what makes rows of these types out of parameters that are arrays."""
    return f"unnest({', '.join(f'${number}::{kind}[]' for number, kind in enumerate(types.values(), first))})"


def _lines(types: dict[str, str], first: int = 1) -> str:
    """Return what makes rows of these types out of parameters that are texts.

    There is one for each column, with a line for each row; an empty one stands for null.
    """
    texts = (f"string_to_array(${number}, E'\\n', '')" for number, _ in enumerate(types, first))
    columns = (
        f"decode({name}, 'hex') AS {name}" if kind == "bytea" else name if kind == "text" else f"{name}::{kind}"
        for name, kind in types.items()
    )
    return f"(SELECT {', '.join(columns)} FROM unnest({', '.join(texts)}) AS given ({', '.join(types)}))"


def _closed(first_day: str) -> str:
    """Return what finds, once for all rows, up to which day merchants are closed that may have a row of such a day.

    Mostly nobody has: entries are of today. It reads when the first row asks, when the merchants are named. Whoever
    closes waits for those who may have looked before (ADR 0044).
    """
    return f"""closed AS MATERIALIZED (
    SELECT merchant_id, closed_through FROM merchants
    WHERE merchant_id = {IS_NAMED} AND closed_through >= {first_day}
)"""


# Not joined, which might read before the merchants are named, or change the order of the rows.
_CLOSED_THROUGH: Final = "(SELECT closed_through FROM closed WHERE closed.merchant_id = given.merchant_id)"
_FIRST_DAY: Final = f"(SELECT min(day) FROM unnest(${list(_GIVEN_TYPES).index('business_date') + 3}::date[]) AS day)"
_IS_OPEN: Final = "(business_date > closed_through) IS NOT FALSE"

# $1 the merchants, with commas between, $2 the default time zone. Keys that are taken are left out in silence, with
# their entries and events; so are entries of closed days, which come back with the last of these days. A merchant that
# never set anything gets its row here, so that the entries' foreign key holds. Callers sort by merchant and key: two
# statements that want the same keys in different orders would deadlock.
APPEND: Final = f"""
WITH {_closed(_FIRST_DAY)}, given AS (
    SELECT given.*, {_CLOSED_THROUGH} AS closed_through
    FROM {naming("$1")} CROSS JOIN {_rows(_GIVEN_TYPES, 3)} AS given ({", ".join(_GIVEN_TYPES)})
), known AS (
    INSERT INTO merchants (merchant_id, name, currency, time_zone)
    SELECT DISTINCT ON (merchant_id) merchant_id, merchant_id, currency, $2
    FROM given ORDER BY merchant_id
    ON CONFLICT DO NOTHING
), fresh AS (
    INSERT INTO idempotency_keys ({KEY_COLUMNS})
    SELECT merchant_id, key, request_hash, id FROM given WHERE {_IS_OPEN}
    ON CONFLICT DO NOTHING
    RETURNING entry_id
), recorded AS (
    INSERT INTO entries ({ENTRY})
    SELECT {ENTRY} FROM given WHERE id IN (SELECT entry_id FROM fresh)
), announced AS (
    INSERT INTO outbox (event)
    SELECT event FROM given WHERE id IN (SELECT entry_id FROM fresh)
)
SELECT entry_id, NULL::date AS closed_through FROM fresh
UNION ALL
SELECT id, closed_through FROM given WHERE NOT {_IS_OPEN}
"""

_TAKEN_TYPES: Final = _KEY_TYPES | {"business_date": "date"}

# Of many at once, in a transaction that has named their merchants. Columns are texts, for these can be ready before the
# last statement has come back: arrays are encoded by the driver when it sends them, with two looks at each element.

# $1 the first of the business dates, then the columns. One row says how many keys were taken, and one each which
# entries lie in closed days. Keys that were taken before are left out.
TAKE_KEYS: Final = f"""
WITH {_closed("$1::date")}, given AS (
    SELECT given.*, {_CLOSED_THROUGH} AS closed_through FROM {_lines(_TAKEN_TYPES, 2)} AS given
), fresh AS (
    INSERT INTO idempotency_keys ({KEY_COLUMNS})
    SELECT {KEY_COLUMNS} FROM given WHERE {_IS_OPEN}
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS fresh, NULL::uuid AS entry_id, NULL::date AS closed_through FROM fresh
UNION ALL
SELECT 0, entry_id, closed_through FROM given WHERE NOT {_IS_OPEN} AND NOT EXISTS (
    SELECT FROM idempotency_keys AS known WHERE known.merchant_id = given.merchant_id AND known.key = given.key
)
"""
RECORD: Final = f"INSERT INTO entries ({ENTRY}) SELECT * FROM {_lines(_ENTRY_TYPES)} AS given"
ANNOUNCE: Final = "INSERT INTO outbox (event) SELECT * FROM unnest($1::bytea[])"

# First in a transaction that writes something else before its events: who shows this lock is waited for, and who comes
# with an older transaction is refused (ADR 0048). A single statement takes it before it writes.
WILL_ANNOUNCE: Final = "LOCK TABLE outbox IN ROW EXCLUSIVE MODE"

# Instead, in one whose events wait beside the outbox: nobody waits for it.
WILL_ANNOUNCE_LATER: Final = "LOCK TABLE bulk_outbox IN ROW EXCLUSIVE MODE"

# A statement of its own: those above cannot see what others committed after they began. $1 the merchants, with commas
# between, $2 and $3 whose and which keys.
FIND_BY_KEYS: Final = of_tenants(f"""
SELECT key, request_hash, {", ".join(f"entries.{column}" for column in ENTRY_COLUMNS)}
FROM (SELECT me.tenants, given.* FROM unnest($2::text[], $3::text[]) AS given (merchant_id, key)) AS given
JOIN idempotency_keys USING (merchant_id, key)
JOIN own_entries AS entries ON entries.id = entry_id
""")

# $1 the merchants, with commas between, $2 and $3 each with its currency, $4 the default time zone.
ENSURE_MERCHANTS: Final = f"""
INSERT INTO merchants (merchant_id, name, currency, time_zone)
SELECT merchant_id, merchant_id, currency, $4
FROM {naming("$1")} CROSS JOIN unnest($2::text[], $3::text[]) AS given (merchant_id, currency)
ON CONFLICT DO NOTHING
"""

GET_MERCHANT: Final = of_tenants(
    "SELECT merchant_id, name, currency, time_zone, closed_through FROM merchants WHERE merchant_id = me.tenants"
)

# The instant is greater with each change, for it is given out under the row's lock and never by the clock alone:
# transaction ids, and with them the events' places in the stream, may stand in another order.
SAVE_MERCHANT: Final = """
INSERT INTO merchants AS known (merchant_id, name, currency, time_zone, changed_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT (merchant_id) DO UPDATE
SET name = excluded.name, currency = excluded.currency, time_zone = excluded.time_zone,
    changed_at = greatest(clock_timestamp(), known.changed_at + interval '1 microsecond')
RETURNING changed_at
"""

# Those of a merchant are made one after the other, so that there are never too many.
LOCK_API_KEYS: Final = "SELECT pg_advisory_xact_lock(hashtext('fluxo_api_keys'), hashtext($1))"
COUNT_API_KEYS: Final = "SELECT count(*) FROM api_keys WHERE merchant_id = $1 AND revoked_at IS NULL"
ADD_API_KEY: Final = """
INSERT INTO api_keys (id, merchant_id, name, hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
LIVE_API_KEYS: Final = of_tenants(
    "SELECT * FROM api_keys WHERE merchant_id = me.tenants AND revoked_at IS NULL ORDER BY id DESC"
)
REVOKE_API_KEY: Final = """
UPDATE api_keys SET revoked_at = $3 WHERE merchant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING *
"""
HAS_API_KEY: Final = "SELECT EXISTS (SELECT FROM api_keys WHERE merchant_id = $1 AND id = $2)"

_ENTRY_AND_REVERSAL: Final = f"""
SELECT {ENTRY}, (SELECT reversal.id FROM own_entries AS reversal WHERE reversal.reverses = entries.id) AS reversed_by
"""
_RECORDED_ENTRY: Final = f"{_ENTRY_AND_REVERSAL} FROM own_entries AS entries"

GET_ENTRY: Final = of_tenants(f"{_RECORDED_ENTRY} WHERE merchant_id = me.tenants AND id = $2")

PAGE_FILTERS: Final = {
    "after": "(business_date, id) < ({}, {})",
    "from_date": "business_date >= {}",
    "to_date": "business_date <= {}",
    "direction": "direction = {}",
    "category": "folded(category) = folded({})",
}
_NEWEST_FIRST: Final = "ORDER BY business_date DESC, id DESC"

# Asked for once: where it is a parameter, every row would make it anew.
HAS_WORDS: Final = "search_words(merchant_id, description) @@ (SELECT search_query(me.tenants, {}))"


def page(conditions: list[str]) -> str:
    """Return the list's statement: $1 is the merchant, $2 the limit."""
    return of_tenants(f"{_RECORDED_ENTRY} WHERE {_all_of(conditions)} {_NEWEST_FIRST} LIMIT $2")


def search(conditions: list[str], text: str) -> str:
    """Return the statement of a list by words: as for `page`, and the parameter that holds the text.

    Words that are frequent fill a page from the newest entries, those that are not are few by the index: neither would
    do for both, and which it is the planner does not know. OFFSET 0 keeps it from reading the second by date as well.
    """
    has_words = HAS_WORDS.format(text)
    return of_tenants(f"""
    WITH newest AS MATERIALIZED (
        SELECT * FROM own_entries WHERE {_all_of(conditions)} {_NEWEST_FIRST} LIMIT 20 * $2
    ), near AS MATERIALIZED (
        SELECT * FROM newest WHERE {has_words} {_NEWEST_FIRST} LIMIT $2
    ), seen AS MATERIALIZED (
        SELECT business_date, id FROM newest ORDER BY business_date, id LIMIT 1
    ), found AS (
        SELECT * FROM near
        UNION ALL
        SELECT * FROM (SELECT * FROM own_entries WHERE {has_words} OFFSET 0) AS far
        WHERE {_all_of(conditions)} AND (SELECT count(*) FROM near) < $2 AND (SELECT count(*) FROM newest) = 20 * $2
            AND (business_date, id) < ((SELECT business_date FROM seen), (SELECT id FROM seen))
    )
    {_ENTRY_AND_REVERSAL} FROM found AS entries {_NEWEST_FIRST} LIMIT $2""")


def _all_of(conditions: list[str]) -> str:
    return " AND ".join(["merchant_id = me.tenants", *conditions])


def within(milliseconds: int) -> str:
    """Return what bounds the other statements of a transaction."""
    return f"SET LOCAL statement_timeout = {milliseconds}"


WITHOUT_TIMEOUT: Final = "SET LOCAL statement_timeout = 0"

SUMS: Final = """
coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0) AS credits_minor,
coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0) AS debits_minor
""".strip()
"""Of entries: what came in and what went out."""

# $1 merchant, $2 first and $3 last day, $4 where a cut-off begins, and $5 what counts since then; null stands for all.
DAY_TOTALS: Final = f"""
SELECT merchant_id, business_date,
    {SUMS},
    count(*) AS entry_count, max(currency) AS currency
FROM entries
WHERE ($1::text IS NULL OR merchant_id = $1)
    AND ($2::date IS NULL OR business_date >= $2)
    AND ($3::date IS NULL OR business_date <= $3)
    AND ($4::uuid IS NULL OR id < $4 OR id = ANY($5::uuid[]))
GROUP BY merchant_id, business_date
ORDER BY merchant_id, business_date
"""

# $1 merchant, $2 last day, $3 where a cut-off begins, and $4 what counts since then; null stands for all. Each spelling
# of a category is folded once.
CATEGORY_TOTALS: Final = f"""
SELECT merchant_id, month, coalesce(folded(category), '') COLLATE "C" AS folded_category,
    sum(credits_minor) AS credits_minor, sum(debits_minor) AS debits_minor, sum(entry_count)::bigint AS entry_count,
    max(currency) AS currency
FROM (
    SELECT merchant_id, date_trunc('month', business_date::timestamp)::date AS month, category,
        {SUMS},
        count(*) AS entry_count, max(currency) AS currency
    FROM entries
    WHERE ($1::text IS NULL OR merchant_id = $1)
        AND ($2::date IS NULL OR business_date <= $2)
        AND ($3::uuid IS NULL OR id < $3 OR id = ANY($4::uuid[]))
    GROUP BY merchant_id, month, category
) AS spelled
GROUP BY merchant_id, month, folded_category
ORDER BY merchant_id, month, folded_category
"""
