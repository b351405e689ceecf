#!/usr/bin/env bash
# What: polars gives the product of two Decimal columns the scale of the wider one and rounds to it, half to even.
# Good guess: scales add up, as in SQL and Arrow: 10.05 x 0.5 = 5.025.
# Seen: polars 2.1.0: 5.02 (and 0.01 x 0.5 = 0.00).
# So: a fee computed as amount x rate is already rounded, half to even, before your own rounding sees it; cast to a wider
#   scale first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore polars==2.1.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
import polars as pl
rate = pl.Series([Decimal("0.5")])
products = [f"{amount} x 0.5 = {(pl.Series([Decimal(amount)]) * rate)[0]}" for amount in ("10.05", "10.15", "0.01")]
wide = (pl.Series([Decimal("10.05")]).cast(pl.Decimal(20, 4)) * rate)[0]
print(", ".join(products) + f", cast to 4 decimals first: {wide}")
END
)

want=$(cat <<'END'
10.05 x 0.5 = 5.02, 10.15 x 0.5 = 5.08, 0.01 x 0.5 = 0.00, cast to 4 decimals first: 5.0250
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
