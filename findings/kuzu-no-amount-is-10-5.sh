#!/usr/bin/env bash
# What: Kuzu finds no row when a decimal column is compared with a literal that has a point: neither amount = 10.5 nor > 10.0 nor
#   < 10.0. A whole literal, a parameter of the same value, IN, and the same comparison outside of a table work.
# Good guess: WHERE e.amount > 10.0 gives the rows of WHERE e.amount > 10.
# Seen: kuzu 0.11.3: 0 rows, and no error; with amount + 0 on the left, all that there should be.
# So: pass amounts as parameters, as texts that are cast to the column's type, or as whole numbers.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore kuzu==0.11.3

got=$("$work/venv/bin/python" - <<'END'
from decimal import Decimal
import kuzu

base = kuzu.Connection(kuzu.Database(":memory:"))
base.execute("CREATE NODE TABLE entry(id INT64, amount DECIMAL(10, 2), PRIMARY KEY (id))")
for number, amount in enumerate(["10.50", "20.25", "-10.50"]):
    base.execute("CREATE (:entry {id: $id, amount: CAST($amount AS DECIMAL(10, 2))})", {"id": number, "amount": amount})
for where, values in [
    ("e.amount = 10.5", {}), ("e.amount = $amount", {"amount": 10.5}), ("e.amount = $amount", {"amount": Decimal("10.5")}),
    ("e.amount = CAST(\"10.5\" AS DECIMAL(10, 1))", {}), ("e.amount IN [10.5]", {}), ("e.amount + 0 = 10.5", {}),
    ("e.amount > 10.0", {}), ("e.amount > 10", {}), ("e.amount < 10.0", {}), ("e.amount < 10", {}),
]:
    rows = base.execute(f"MATCH (e:entry) WHERE {where} RETURN e.amount ORDER BY e.amount", values)
    print(f"{where}:", *(str(row[0]) for row in rows))
print("outside:", base.execute('RETURN CAST("10.50" AS DECIMAL(10, 2)) = 10.5').get_next()[0])
END
)

want=$(cat <<'END'
e.amount = 10.5:
e.amount = $amount: 10.50
e.amount = $amount: 10.50
e.amount = CAST("10.5" AS DECIMAL(10, 1)): 10.50
e.amount IN [10.5]: 10.50
e.amount + 0 = 10.5: 10.50
e.amount > 10.0:
e.amount > 10: 10.50 20.25
e.amount < 10.0:
e.amount < 10: -10.50
outside: True
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
