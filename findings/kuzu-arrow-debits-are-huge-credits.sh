#!/usr/bin/env bash
# What: Kuzu gives Arrow the negative decimals of up to 18 digits without their sign: -10.50 of DECIMAL(9, 2) is 42949662.46 in
#   get_as_arrow. From 19 digits on, and in the rows themselves, it is -10.50.
# Good guess: one result holds one amount, whichever way it is fetched.
# Seen: kuzu 0.11.3, pyarrow 26.0.1: the 16, 32 or 64 bits of the number are read as an unsigned one.
# So: declare amounts as DECIMAL(19, 2) or wider where a result goes to Arrow, polars or Parquet that way, or cast them there.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore kuzu==0.11.3 pyarrow==26.0.1

got=$("$work/venv/bin/python" - <<'END'
import kuzu

base = kuzu.Connection(kuzu.Database(":memory:"))
for digits in (4, 9, 18, 19):
    query = f'RETURN CAST("10.50" AS DECIMAL({digits}, 2)), CAST("-10.50" AS DECIMAL({digits}, 2))'
    table = base.execute(query).get_as_arrow()
    print(f"DECIMAL({digits}, 2):", *base.execute(query).get_next(), "Arrow:", *(column.to_pylist()[0] for column in table.columns))
END
)

want=$(cat <<'END'
DECIMAL(4, 2): 10.50 -10.50 Arrow: 10.50 644.86
DECIMAL(9, 2): 10.50 -10.50 Arrow: 10.50 42949662.46
DECIMAL(18, 2): 10.50 -10.50 Arrow: 10.50 184467440737095505.66
DECIMAL(19, 2): 10.50 -10.50 Arrow: 10.50 -10.50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
