#!/usr/bin/env bash
# What: DuckDB's time_bucket of one day starts at midnight UTC, whatever TimeZone says; date_trunc('day') starts at midnight of
#   the zone.
# Good guess: both cut TIMESTAMPTZ at the session zone's midnight, since both are given the same typed value.
# Seen: DuckDB 2.0.1, TimeZone America/Sao_Paulo, a sale at 20:30 on 28 November: bucket of the 27th at 21:00, day of the 28th.
#   A sale at 21:30 falls into the next bucket.
# So: totals by day through time_bucket put the evening's sales after 21:00 on the next day; use date_trunc, or cast to DATE.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore duckdb==2.0.1 pytz==2025.2

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import duckdb
duckdb.sql("SET TimeZone = 'America/Sao_Paulo'")
for sale in ("20:30", "21:30"):
    bucket, day = duckdb.sql(
        f"SELECT time_bucket(INTERVAL 1 DAY, t)::VARCHAR, date_trunc('day', t)::VARCHAR FROM (SELECT TIMESTAMPTZ '2026-11-28 {sale}:00-03' AS t)"
    ).fetchall()[0]
    print(f"sale {sale}: time_bucket {bucket}, date_trunc {day}")
END
)

want=$(cat <<'END'
sale 20:30: time_bucket 2026-11-27 21:00:00-03, date_trunc 2026-11-28 00:00:00-03
sale 21:30: time_bucket 2026-11-28 21:00:00-03, date_trunc 2026-11-28 00:00:00-03
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
