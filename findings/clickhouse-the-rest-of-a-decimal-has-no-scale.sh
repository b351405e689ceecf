#!/usr/bin/env bash
# What: ClickHouse's rest of a decimal (`%`, modulo, positiveModulo) divides the digits without the point: 10.50 % 3 is 0, 10.51 % 3
#   is 0.01, and 10.50 % 1 is 0.
# Good guess: 1.50, 1.51 and 0.50, as intDiv fits and as other databases have it; or an error.
# Seen: chdb 4.4.0 (ClickHouse 26.9.2.1), a divisor of another scale, whole numbers among them: 1050 % 3 is shown as 0.00. With
#   the divisor at the same scale, toDecimal64(3, 2), it is right.
# So: what is left after sharing into equal parts is wrong without an error, and `amount % 1 != 0` finds no cents: write
#   amount - intDiv(amount, 3) * 3.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore chdb==4.4.0 chdb-core==26.9.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
import chdb

rests = ["amount", "amount % 3", "amount % 1", "amount % toDecimal64(3, 2)", "amount - intDiv(amount, 3) * 3"]
for amount in ("10.50", "10.51", "100.00"):
    row = str(chdb.query(f"select {', '.join(rests)} from (select toDecimal64('{amount}', 2) as amount)", "TSV")).split()
    print(", ".join(f"{rest} is {value}" for rest, value in zip(rests, row)))
END
)

want=$(cat <<'END'
amount is 10.5, amount % 3 is 0, amount % 1 is 0, amount % toDecimal64(3, 2) is 1.5, amount - intDiv(amount, 3) * 3 is 1.5
amount is 10.51, amount % 3 is 0.01, amount % 1 is 0, amount % toDecimal64(3, 2) is 1.51, amount - intDiv(amount, 3) * 3 is 1.51
amount is 100, amount % 3 is 0.01, amount % 1 is 0, amount % toDecimal64(3, 2) is 1, amount - intDiv(amount, 3) * 3 is 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
