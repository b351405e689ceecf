#!/usr/bin/env bash
# What: pyarrow's mean of decimals is rounded to their own scale, half away from zero.
# Good guess: more digits, as its divide gives them: the mean of 0.01 and 0.02 is 0.015.
# Seen: pyarrow 26.0.1: 0.02, and -0.02 for the negatives; divide gives 0.0150.
# So: averages of amounts are whole cents without anyone rounding; sum and divide where fractions count.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pyarrow==26.0.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
import pyarrow as pa
import pyarrow.compute as pc
amounts = pa.array([Decimal("0.01"), Decimal("0.02")])
half = pc.divide(pc.sum(amounts).cast(pa.decimal128(12, 2)), pa.scalar(Decimal("2.00")))
print(f"mean {pc.mean(amounts)}, of negatives {pc.mean(pc.negate(amounts))}, sum divided by two {half}")
END
)

want=$(cat <<'END'
mean 0.02, of negatives -0.02, sum divided by two 0.0150
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
