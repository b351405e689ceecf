#!/usr/bin/env bash
# What: DuckDB's whole division (`//`) is whole for integers only: of a DECIMAL, even one without decimals, it is the plain
#   division, as a DOUBLE.
# Good guess: whole in every type, as `%` gives the rest of a DECIMAL and fdiv() is whole: 100.00 // 30 = 3, rest 10.00.
# Seen: duckdb 2.0.1: 100.00 // 30 = 3.3333333333333335, and 100.00 % 30 = 10.00; 100::DECIMAL(10,0) // 30 the same; 100 // 30 =
#   3.
# So: parts made of quotient and rest (instalments, notes and coins) add up to more than the amount: trunc(a / b), or count in
#   whole cents as BIGINT.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore duckdb==2.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import duckdb
for amount in ("100", "100.00", "100::DECIMAL(10,0)"):
    [(quotient, rest, kind)] = duckdb.sql(f"SELECT {amount} // 30, {amount} % 30, typeof({amount} // 30)").fetchall()
    print(f"{amount}: {quotient} rest {rest} ({kind})")
END
)

want=$(cat <<'END'
100: 3 rest 10 (INTEGER)
100.00: 3.3333333333333335 rest 10.00 (DOUBLE)
100::DECIMAL(10,0): 3.3333333333333335 rest 10 (DOUBLE)
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
