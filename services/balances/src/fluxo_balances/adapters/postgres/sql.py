"""What the projector writes and the totals read. Reads of balances stand in `read_sql.py`."""

from typing import Final

# One statement, so one round trip and all or nothing. $1..$7 are arrays of one length, one element an entry, each
# event id once. Every table is written in key order and the tables always in the same order, so that projectors that
# share merchants wait for each other and do not deadlock.
#
# Totals are summed over the new entries only: those whose id the inbox did not hold. The IN keeps the planner from
# a nested loop over two sets whose sizes it cannot know.
#
# A merchant has one currency. Another one becomes NULL here, which the column refuses, and with it the statement.
APPLY: Final = """
WITH incoming AS MATERIALIZED (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::date[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[])
        AS entry (event_id, merchant_id, business_date, credit_minor, debit_minor, currency, recorded_at)
), new_ids AS (
    INSERT INTO inbox (event_id, merchant_id)
    SELECT event_id, merchant_id FROM incoming ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
), new AS MATERIALIZED (
    SELECT * FROM incoming WHERE event_id IN (SELECT event_id FROM new_ids)
), days AS MATERIALIZED (
    SELECT merchant_id, business_date, sum(credit_minor)::bigint AS credits_minor,
        sum(debit_minor)::bigint AS debits_minor, count(*) AS entry_count
    FROM new
    GROUP BY merchant_id, business_date
), upserted_days AS (
    INSERT INTO day_totals AS total (merchant_id, business_date, credits_minor, debits_minor, entry_count)
    SELECT merchant_id, business_date, credits_minor, debits_minor, entry_count
    FROM days
    ORDER BY merchant_id COLLATE "C", business_date
    ON CONFLICT (merchant_id, business_date) DO UPDATE SET
        credits_minor = total.credits_minor + excluded.credits_minor,
        debits_minor = total.debits_minor + excluded.debits_minor,
        entry_count = total.entry_count + excluded.entry_count
), upserted_months AS (
    INSERT INTO month_totals AS total (merchant_id, month, credits_minor, debits_minor, entry_count)
    SELECT merchant_id, date_trunc('month', business_date::timestamp)::date AS month, sum(credits_minor)::bigint,
        sum(debits_minor)::bigint, sum(entry_count)::bigint
    FROM days
    GROUP BY merchant_id, month
    ORDER BY merchant_id COLLATE "C", month
    ON CONFLICT (merchant_id, month) DO UPDATE SET
        credits_minor = total.credits_minor + excluded.credits_minor,
        debits_minor = total.debits_minor + excluded.debits_minor,
        entry_count = total.entry_count + excluded.entry_count
), upserted_merchants AS (
    INSERT INTO merchants AS merchant (merchant_id, currency, as_of, version)
    SELECT merchant_id, CASE WHEN min(currency) = max(currency) THEN min(currency) END, max(recorded_at), 1
    FROM new
    GROUP BY merchant_id
    ORDER BY merchant_id COLLATE "C"
    ON CONFLICT (merchant_id) DO UPDATE SET
        currency = CASE WHEN merchant.currency = excluded.currency THEN merchant.currency END,
        as_of = greatest(merchant.as_of, excluded.as_of),
        version = merchant.version + 1
)
SELECT count(*) AS applied, CASE WHEN count(*) > 0 THEN pg_notify('fluxo_balances', '') END
FROM new
"""

# A UUIDv7 begins with the millisecond it was made in, so ids below $1 are older than the instant $1 begins with.
PURGE_INBOX: Final = """
DELETE FROM inbox
WHERE event_id IN (SELECT event_id FROM inbox WHERE event_id < $1 ORDER BY event_id LIMIT $2)
"""

# Every day that has totals, opening as a read of that day derives it: whole months before its own, then the days of
# its month before it. A month that is not the sum of its days therefore shows. $1 merchant, $2 first and $3 last day;
# null stands for all.
PROJECTED_DAYS: Final = """
SELECT day.merchant_id, day.business_date, day.credits_minor, day.debits_minor, day.entry_count,
    (coalesce(months.net_minor, 0) + day.earlier_in_month_minor)::bigint AS opening_minor
FROM (
    SELECT *, date_trunc('month', business_date::timestamp)::date AS month,
        coalesce(sum(credits_minor - debits_minor) OVER (
            PARTITION BY merchant_id, date_trunc('month', business_date::timestamp)
            ORDER BY business_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS earlier_in_month_minor
    FROM day_totals
    WHERE $1::text IS NULL OR merchant_id = $1
) AS day
LEFT JOIN LATERAL (
    SELECT sum(credits_minor - debits_minor) AS net_minor
    FROM month_totals
    WHERE month_totals.merchant_id = day.merchant_id AND month_totals.month < day.month
) AS months ON true
WHERE ($2::date IS NULL OR day.business_date >= $2) AND ($3::date IS NULL OR day.business_date <= $3)
ORDER BY day.merchant_id COLLATE "C", day.business_date
"""
