#!/usr/bin/env bash
# What: agate's MAD (median absolute deviation) takes the middle deviation in the order of the values, not of the deviations: of every odd number of amounts it is 0.
# Good guess: the median of the sorted distances from the median, 10 for 10 20 30 40 1000.
# Seen: agate 1.14.2: 0 for 10 20 30 40 1000 and for 10.50 10.60 20.00; 0.005 for 10.50 10.51 10.52 10.55, where 0.010 is right.
# So: compute it with two medians; a search for amounts far from the usual ones divides by this 0, or takes every amount for far.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore agate==1.14.2

got=$(venv/bin/python -W ignore - <<'END'
from decimal import Decimal
from statistics import median

import agate

for amounts in ("10 20 30 40 1000", "1000 10 40 20 30", "10.50 10.60 20.00", "10.50 10.51 10.52 10.55"):
    values = [Decimal(amount) for amount in amounts.split()]
    table = agate.Table([[value] for value in values], ["amount"], [agate.Number()])
    right = median(abs(value - median(values)) for value in values)
    print(f"{amounts}: median {table.aggregate(agate.Median('amount'))}, MAD {table.aggregate(agate.MAD('amount'))}, right {right}")
END
)

want=$(cat <<'END'
10 20 30 40 1000: median 30, MAD 0, right 10
1000 10 40 20 30: median 30, MAD 0, right 10
10.50 10.60 20.00: median 10.60, MAD 0.00, right 0.10
10.50 10.51 10.52 10.55: median 10.515, MAD 0.005, right 0.010
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
