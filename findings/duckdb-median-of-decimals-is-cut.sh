#!/usr/bin/env bash
# What: DuckDB's median of two decimals is cut to their scale, towards zero, and its avg of the same column is a DOUBLE.
# Good guess: median and avg of 2.34 and 2.35 are both 2.345, of one type.
# Seen: DuckDB 2.0.1: median 2.34 DECIMAL(12,2), avg 2.345 DOUBLE.
# So: the median ticket of a merchant is up to a cent low; cast to more decimals first where that matters.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import duckdb
print(
    "median {} {}, of negatives {}, avg {} {}".format(
        *duckdb.sql(
            "SELECT median(x), typeof(median(x)), median(-x), avg(x), typeof(avg(x)) FROM (VALUES (2.34::DECIMAL(12,2)), (2.35)) t(x)"
        ).fetchall()[0]
    )
)
END
)

want=$(cat <<'END'
median 2.34 DECIMAL(12,2), of negatives -2.34, avg 2.345 DOUBLE
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
