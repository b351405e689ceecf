#!/usr/bin/env bash
# What: sqlglot leaves the day of the week as it is from MySQL to DuckDB, which number the days differently: WEEKDAY(day) < 5, the
#   bank days in MySQL (Monday is 0), are Sunday to Thursday in DuckDB (Sunday is 0).
# Good guess: the numbers are moved, as they are for the first day of BigQuery's weeks, or sqlglot warns.
# Seen: sqlglot 30.30.0, DuckDB 2.0.1: no warning; DAYOFWEEK, 1 to 7 from Sunday in MySQL and in BigQuery, is 0 to 6 in DuckDB, too.
# So: a query that was moved so pays out on Sundays: rewrite days of the week by hand, to ISODOW in DuckDB.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore sqlglot==30.30.0 duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import datetime

import duckdb
import sqlglot

for dialect, sql in [
    ("mysql", "SELECT WEEKDAY(day) < 5"),
    ("mysql", "SELECT WEEKDAY(day)"),
    ("mysql", "SELECT DAYOFWEEK(day)"),
    ("bigquery", "SELECT EXTRACT(DAYOFWEEK FROM day)"),
]:
    moved = sqlglot.transpile(sql, read=dialect, write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
    seen = []
    for number in range(7):
        day = datetime.date(2026, 11, 1) + datetime.timedelta(days=number)
        value = duckdb.sql(moved + f" FROM (SELECT DATE '{day}' AS day)").fetchall()[0][0]
        seen.append(f"{day:%a} {value}")
    print(f"{dialect}: {sql}: {', '.join(seen)}")
END
)

want=$(cat <<'END'
mysql: SELECT WEEKDAY(day) < 5: Sun True, Mon True, Tue True, Wed True, Thu True, Fri False, Sat False
mysql: SELECT WEEKDAY(day): Sun 0, Mon 1, Tue 2, Wed 3, Thu 4, Fri 5, Sat 6
mysql: SELECT DAYOFWEEK(day): Sun 0, Mon 1, Tue 2, Wed 3, Thu 4, Fri 5, Sat 6
bigquery: SELECT EXTRACT(DAYOFWEEK FROM day): Sun 0, Mon 1, Tue 2, Wed 3, Thu 4, Fri 5, Sat 6
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
