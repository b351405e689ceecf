#!/usr/bin/env bash
# What: sqlglot writes MySQL's TIMESTAMPDIFF, which counts whole months, as DuckDB's DATE_DIFF, which counts the first days of months
#   in between: from 31 January to 1 February is one month.
# Good guess: 0, as in MySQL, by DuckDB's DATE_SUB, which counts whole months; or a warning.
# Seen: sqlglot 30.30.0, DuckDB 2.0.1: 1 month from 31 January to 1 February, 26 years from 31 December 2000 to 1 January 2026.
# So: interest and fees by month are a month too many: write DATE_SUB for TIMESTAMPDIFF by hand.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore sqlglot==30.30.0 duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import duckdb
import sqlglot

for sql in [
    "TIMESTAMPDIFF(MONTH, DATE '2026-01-31', DATE '2026-02-01')",
    "TIMESTAMPDIFF(MONTH, DATE '2026-01-15', DATE '2026-03-14')",
    "TIMESTAMPDIFF(YEAR, DATE '2000-12-31', DATE '2026-01-01')",
]:
    moved = sqlglot.transpile(f"SELECT {sql}", read="mysql", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
    whole = moved.replace("DATE_DIFF", "DATE_SUB")
    print(f"{sql}: {duckdb.sql(moved).fetchall()[0][0]}, by DATE_SUB {duckdb.sql(whole).fetchall()[0][0]}")
END
)

want=$(cat <<'END'
TIMESTAMPDIFF(MONTH, DATE '2026-01-31', DATE '2026-02-01'): 1, by DATE_SUB 0
TIMESTAMPDIFF(MONTH, DATE '2026-01-15', DATE '2026-03-14'): 2, by DATE_SUB 1
TIMESTAMPDIFF(YEAR, DATE '2000-12-31', DATE '2026-01-01'): 26, by DATE_SUB 25
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
