#!/usr/bin/env bash
# What: DataFusion (and arrow-rs under it) turns a text with an offset into the date in UTC: a sale of "2026-11-30T23:30:00-03:00"
#   is of 1 December. DuckDB gives the date that is written.
# Good guess: the date that is written, or an error; a timestamp with a zone is turned into its own zone's date there too.
# Seen: datafusion 55.0.0: cast(… as date), to_date(…) and date '…' all say 2026-12-01; duckdb 2.0.1 says 2026-11-30.
# So: daily sums over such texts move the evening's sales to the next day: take the first ten characters.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore datafusion==55.0.0 duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import datafusion
import duckdb

SALES = "(select '2026-11-30T12:00:00-03:00' as sold_at, 10 as amount union all select '2026-11-30T23:30:00-03:00', 5)"
context = datafusion.SessionContext()
for expression in ("cast(sold_at as date)", "to_date(sold_at)"):
    rows = context.sql(f"select {expression} as day, sum(amount) as total from {SALES} group by 1 order by 1").to_pylist()
    print(f"datafusion, {expression}:", ", ".join(f"{row['day']} {row['total']}" for row in rows))
rows = duckdb.sql(f"select cast(sold_at as date) as day, sum(amount) from {SALES} group by 1 order by 1").fetchall()
print("duckdb, cast(sold_at as date):", ", ".join(f"{day} {total}" for day, total in rows))
END
)

want=$(cat <<'END'
datafusion, cast(sold_at as date): 2026-11-30 10, 2026-12-01 5
datafusion, to_date(sold_at): 2026-11-30 10, 2026-12-01 5
duckdb, cast(sold_at as date): 2026-11-30 15
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
