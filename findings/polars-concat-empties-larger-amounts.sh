#!/usr/bin/env bash
# What: polars' concat gives decimals the type of the first frame: an amount of a later frame that has more digits becomes null,
#   one with more decimals is rounded, half to even, both without an error; sum then leaves the nulls out.
# Good guess: SchemaError, as for any other two types (polars raises for integers and floats, and pyarrow for these very
#   tables), or the wider type.
# Seen: polars 2.1.0: decimal(5,2) and decimal(12,2) concatenated: 1234.56 is null, the total 350.50; in the other order
#   1585.06. 10.005 after 10.05 is 10.00.
# So: a month's total depends on which file came first: cast every frame to one type before, or concat with
#   how="vertical_relaxed" (it takes the wider type), and count the nulls.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore polars==2.1.0 pyarrow==26.0.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
from decimal import Decimal
import polars as pl
import pyarrow as pa
def month(precision, scale, *amounts):
    values = pa.array([Decimal(each) for each in amounts], pa.decimal128(precision, scale))
    return pl.from_arrow(pa.table({"amount": values}))
def shown(*months, **how):
    amounts = pl.concat(months, **how)["amount"]
    return f"{' '.join(map(str, amounts))} = {amounts.sum()}"
small, large = month(5, 2, "100.00", "250.50"), month(12, 2, "1234.56")
print("small first:", shown(small, large))
print("large first:", shown(large, small))
print("relaxed:", shown(small, large, how="vertical_relaxed"))
print("more decimals:", shown(month(12, 2, "10.05"), month(12, 3, "10.005")))
END
)

want=$(cat <<'END'
small first: 100.00 250.50 None = 350.50
large first: 1234.56 100.00 250.50 = 1585.06
relaxed: 100.00 250.50 1234.56 = 1585.06
more decimals: 10.05 10.00 = 20.05
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
