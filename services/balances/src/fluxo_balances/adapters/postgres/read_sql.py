"""What is read. Each statement reads one snapshot; those that callers wait for go by primary keys alone.

Where it is an API that reads, $1 is the merchant, or several with commas between.
"""
# ruff: noqa: S608 - put together from constants; values are always parameters

from typing import Final

from fluxo_chassis.postgres.tenants import of_tenants

from fluxo_balances.adapters.postgres.carry import NET_SUM, summed, whole

_ANY: Final = "ANY ((SELECT string_to_array(me.tenants, ','))::text[])"


def _opening(merchant: str, first: str, month: str) -> str:
    """Return what sums up all before the first day wanted; `month` is the first day of its month.

    That is a sum over whole months and over the rest of its own month: at most twelve rows a year and thirty days,
    however old the merchant is.
    """
    return f"""
    SELECT (
        coalesce((
            SELECT {NET_SUM} FROM month_totals
            WHERE merchant_id = {merchant} AND month < {month}
        ), 0) + coalesce((
            SELECT {NET_SUM} FROM day_totals
            WHERE merchant_id = {merchant} AND business_date >= {month} AND business_date < {first}
        ), 0)
    ) AS opening_minor
"""


def _currency(merchant: str) -> str:
    """Return the column: entries tell the currency; before the first it is what the merchant set."""
    return f"coalesce(currency, (SELECT currency FROM merchant_settings WHERE merchant_id = {merchant})) AS currency"


# Days of one or several merchants, each with its place: $1 whose each one is, with commas between, $2 the days, $3 the
# first day of each one's month. OFFSET keeps the planner from joining them with whole tables.
DAYS: Final = of_tenants(f"""
SELECT day.* FROM unnest(string_to_array(me.tenants, ','), $2::date[], $3::date[])
    WITH ORDINALITY AS asked (merchant_id, business_date, month, place)
CROSS JOIN LATERAL (
    SELECT place - 1 AS place, opening_minor, {_currency("asked.merchant_id")}, as_of, credits_minor, debits_minor,
        credits_carry, debits_carry, entry_count
    FROM ({_opening("asked.merchant_id", "asked.business_date", "asked.month")}) AS opening
    LEFT JOIN merchants AS merchant ON merchant.merchant_id = asked.merchant_id
    LEFT JOIN day_totals AS day
        ON day.merchant_id = asked.merchant_id AND day.business_date = asked.business_date
    OFFSET 0
) AS day
""")

# $1 merchant, $2 first day, $3 first day of its month, $4 last day. One row: the days that have entries, as columns;
# nulls when none has. As rows each would be a record of seven values here, ten years of them. `carried` holds the few
# days that have a carry, and is null without.
RANGE: Final = of_tenants(f"""
SELECT opening_minor, {_currency("me.tenants")}, as_of, dates, credits_minor, debits_minor, entry_counts, carried
FROM ({_opening("me.tenants", "$2", "$3")}) AS opening
LEFT JOIN merchants AS merchant ON merchant.merchant_id = me.tenants
CROSS JOIN (
    SELECT array_agg(business_date) AS dates, array_agg(credits_minor) AS credits_minor,
        array_agg(debits_minor) AS debits_minor, array_agg(entry_count) AS entry_counts,
        array_agg((business_date, credits_carry, debits_carry)) FILTER (WHERE credits_carry > 0 OR debits_carry > 0)
            AS carried
    FROM day_totals WHERE merchant_id = me.tenants AND business_date BETWEEN $2 AND $4
) AS days
""")

# A merchant's row is written anew by every transaction that changes its totals, which leaves its id there (`xmin`).
POSITIONS: Final = of_tenants(
    f"SELECT merchant_id, xmin::text AS written_by, as_of FROM merchants WHERE merchant_id = {_ANY}"
)
_CATEGORY_SUMS: Final = f"""
    SELECT merchant_id, date_trunc('month', business_date::timestamp)::date AS month, category,
        {summed("credits")} AS credits_minor, {summed("debits")} AS debits_minor,
        sum(entry_count)::bigint AS entry_count
    FROM category_totals
"""

# $1 merchant, $2 first and $3 last day. A row for each month and category, one with nulls where there is none; in each
# the sums of all days, of which the categories are the parts.
CATEGORIES: Final = of_tenants(f"""
SELECT {_currency("me.tenants")}, as_of, days.credits_minor AS all_credits_minor, days.debits_minor AS all_debits_minor,
    days.entry_count AS all_entry_count, month, name, item.credits_minor, item.debits_minor, item.entry_count
FROM (
    SELECT {summed("credits")} AS credits_minor, {summed("debits")} AS debits_minor,
        sum(entry_count)::bigint AS entry_count
    FROM day_totals WHERE merchant_id = me.tenants AND business_date BETWEEN $2 AND $3
) AS days
LEFT JOIN merchants AS merchant ON merchant.merchant_id = me.tenants
LEFT JOIN (
    {_CATEGORY_SUMS} WHERE merchant_id = me.tenants AND business_date BETWEEN $2 AND $3
    GROUP BY merchant_id, month, category
) AS item ON true
LEFT JOIN category_names AS known ON known.merchant_id = me.tenants AND known.category = item.category
""")

# Every month of every category. $1 merchant, null for all; $2 last day that counts, null for none.
PROJECTED_CATEGORIES: Final = f"""
{_CATEGORY_SUMS}
WHERE ($1::text IS NULL OR merchant_id = $1) AND ($2::date IS NULL OR business_date <= $2)
GROUP BY merchant_id, month, category
ORDER BY merchant_id, month, category
"""

APPLIED: Final = of_tenants(
    f"SELECT event_id, merchant_id FROM inbox WHERE event_id = ANY ($2::uuid[]) AND merchant_id = {_ANY}"
)

API_KEY_USES: Final = of_tenants(
    "SELECT id, last_used_at FROM api_keys WHERE merchant_id = me.tenants AND NOT revoked ORDER BY id DESC"
)

# $1 merchant, null for all; $2 the lowest id.
APPLIED_SINCE: Final = "SELECT event_id FROM inbox WHERE event_id >= $2 AND ($1::text IS NULL OR merchant_id = $1)"

# Every day that has totals, opening as a read of that day derives it: whole months before its own, then the days of
# its month before it. A month that is not the sum of its days therefore shows in the days of later months; for the sake
# of its last month each merchant has one day more, the first after all of its months, with zero totals.
# $1 merchant, $2 first and $3 last day; null stands for all. Every day counts as if nothing came after $3.
PROJECTED_DAYS: Final = f"""
WITH days AS (
    SELECT merchant_id, business_date, date_trunc('month', business_date::timestamp)::date AS month,
        {whole("credits")} AS credits_minor, {whole("debits")} AS debits_minor, entry_count
    FROM day_totals
    WHERE ($1::text IS NULL OR merchant_id = $1) AND ($3::date IS NULL OR business_date <= $3)
), days_after AS (
    SELECT merchant_id, (max(month) + interval '1 month')::date AS business_date
    FROM (
        SELECT merchant_id, month FROM days
        UNION ALL
        SELECT merchant_id, month FROM month_totals
        WHERE ($1::text IS NULL OR merchant_id = $1) AND ($3::date IS NULL OR month + interval '1 month' <= $3)
    ) AS months
    -- The last month that there is has none after it.
    WHERE month < '9999-12-01'
    GROUP BY merchant_id
), all_days AS (
    SELECT * FROM days
    UNION ALL
    SELECT merchant_id, business_date, business_date, 0, 0, 0 FROM days_after
    WHERE $3::date IS NULL OR business_date <= $3
)
SELECT day.merchant_id, day.business_date, day.credits_minor, day.debits_minor, day.entry_count,
    coalesce(months.net_minor, 0) + day.earlier_in_month_minor AS opening_minor
FROM (
    SELECT *, coalesce(sum(credits_minor - debits_minor) OVER (
            PARTITION BY merchant_id, month ORDER BY business_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS earlier_in_month_minor
    FROM all_days
) AS day
LEFT JOIN LATERAL (
    SELECT {NET_SUM} AS net_minor
    FROM month_totals
    WHERE month_totals.merchant_id = day.merchant_id AND month_totals.month < day.month
) AS months ON true
WHERE $2::date IS NULL OR day.business_date >= $2
ORDER BY day.merchant_id COLLATE "C", day.business_date
"""
