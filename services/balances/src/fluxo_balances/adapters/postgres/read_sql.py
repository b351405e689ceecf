"""Statements of the read side. Each reads one snapshot, and by primary keys alone."""

from typing import Final

# $1 merchant, $2 first day wanted, $3 first day of its month. What lies before the first day is a sum over whole
# months and over the rest of its own month: at most twelve rows a year and thirty days, however old the merchant is.
_OPENING: Final = """
    SELECT (
        coalesce((
            SELECT sum(credits_minor - debits_minor) FROM month_totals
            WHERE merchant_id = $1 AND month < $3
        ), 0) + coalesce((
            SELECT sum(credits_minor - debits_minor) FROM day_totals
            WHERE merchant_id = $1 AND business_date >= $3 AND business_date < $2
        ), 0)
    )::bigint AS opening_minor
"""

DAY: Final = f"""
SELECT opening_minor, currency, as_of, credits_minor, debits_minor, entry_count
FROM ({_OPENING}) AS opening
LEFT JOIN merchants AS merchant ON merchant.merchant_id = $1
LEFT JOIN day_totals AS day ON day.merchant_id = $1 AND day.business_date = $2
"""  # noqa: S608 - put together from constants

# $4 last day. One row: the days that have entries, as columns; nulls when none has. As rows each would be a
# record of seven values here, ten years of them.
RANGE: Final = f"""
SELECT opening_minor, currency, as_of, dates, credits_minor, debits_minor, entry_counts
FROM ({_OPENING}) AS opening
LEFT JOIN merchants AS merchant ON merchant.merchant_id = $1
CROSS JOIN (
    SELECT array_agg(business_date) AS dates, array_agg(credits_minor) AS credits_minor,
        array_agg(debits_minor) AS debits_minor, array_agg(entry_count) AS entry_counts
    FROM day_totals WHERE merchant_id = $1 AND business_date BETWEEN $2 AND $4
) AS days
"""  # noqa: S608 - put together from constants

APPLIED: Final = "SELECT event_id, merchant_id FROM inbox WHERE event_id = ANY($1::uuid[])"
