#!/usr/bin/env bash
# What: sqlglot writes numeric without a size, which has all digits in PostgreSQL and nine decimals in BigQuery, as DuckDB's DECIMAL,
#   which has three: an exchange rate of 5.43215 becomes 5.432.
# Good guess: a type that holds the digits, or a warning; sqlglot does give Snowflake's NUMBER the size that it has there.
# Seen: sqlglot 30.30.0, DuckDB 2.0.1: 10000 dollars at 5.43215 are 54320.000 reais, not 54321.50, without a warning.
# So: a query that was moved so loses cents: write the size in every cast before moving it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore sqlglot==30.30.0 duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import duckdb
import sqlglot

for dialect, sql in [
    ("postgres", "SELECT rate::numeric"),
    ("postgres", "SELECT 10000 * rate::numeric"),
    ("postgres", "SELECT 10000 * rate::numeric(12, 6)"),
    ("bigquery", "SELECT 10000 * CAST(rate AS NUMERIC)"),
]:
    moved = sqlglot.transpile(sql, read=dialect, write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
    value = duckdb.sql(moved + " FROM (SELECT '5.43215' AS rate)").fetchall()[0][0]
    print(f"{dialect}: {sql}: {value}")
END
)

want=$(cat <<'END'
postgres: SELECT rate::numeric: 5.432
postgres: SELECT 10000 * rate::numeric: 54320.000
postgres: SELECT 10000 * rate::numeric(12, 6): 54321.500000
bigquery: SELECT 10000 * CAST(rate AS NUMERIC): 54320.000
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
