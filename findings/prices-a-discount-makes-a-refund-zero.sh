#!/usr/bin/env bash
# What: prices makes a negative amount 0 when it is discounted, even by 0 per cent: a refund of a discounted sale comes out as nothing.
# Good guess: 10 per cent off -100.00 is -90.00, the opposite of what it is for 100.00; at the least, 0 per cent changes nothing.
# Seen: prices 1.1.1: percentage_discount and fractional_discount of -100.00 are 0 BRL for 0, 10 and 50 per cent; 100.00, 90.00 and 50.00 for 100.00.
# So: discount the absolute amount and put the sign back.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore prices==1.1.1

got=$(venv/bin/python -W ignore - <<'END'
from decimal import Decimal

from prices import Money, fractional_discount, percentage_discount

for percent in (0, 10, 50):
    for amount in ("100.00", "-100.00"):
        money = Money(amount, "BRL")
        print(percent, amount, percentage_discount(money, percent).amount, fractional_discount(money, Decimal(percent) / 100).amount)
END
)

want=$(cat <<'END'
0 100.00 100.00 100.00
0 -100.00 0 0
10 100.00 90.00 90.00
10 -100.00 0 0
50 100.00 50.00 50.00
50 -100.00 0 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
