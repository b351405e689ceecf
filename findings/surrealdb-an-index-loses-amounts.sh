#!/usr/bin/env bash
# What: an index on a decimal field changes what SurrealDB finds: amount < 0 finds no debit, amount > 9 AND amount < 11 finds nothing,
#   amount >= 9.75 not even 9.75, = 10.50 leaves 10.5 out, and a unique index takes both.
# Good guess: an index makes a query faster; without one, and WITH NOINDEX, decimals are compared as numbers.
# Seen: surrealdb (PyPI) 2.0.0, the engine in memory that comes with it. No error and no warning.
# So: index cents that are kept as int, or put no index on a decimal field.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore surrealdb==2.0.0

got=$("$work/venv/bin/python" - <<'END'
from surrealdb import Surreal

base = Surreal("mem://")
base.use("finding", "finding")
base.query("DEFINE FIELD amount ON entry TYPE decimal; DEFINE FIELD cents ON entry TYPE int")
for amount, cents in [("10.50", 1050), ("10.5", 1050), ("9.75", 975), ("-0.07", -7), ("-10.50", -1050)]:
    base.query(f"CREATE entry SET amount = {amount}dec, cents = {cents}")


def rows(field, where, hint=""):
    found = base.query(f"SELECT VALUE {field} FROM entry {hint} WHERE {where}")
    return " ".join(str(value) for value in sorted(found, key=lambda value: (value, str(value)))) or "none"


wheres = ["amount < 0dec", "amount > 9dec AND amount < 11dec", "amount >= 9.75dec", "amount = 10.50dec"]
before = [rows("amount", where) for where in wheres]
base.query("DEFINE INDEX by_amount ON entry FIELDS amount; DEFINE INDEX by_cents ON entry FIELDS cents")
for where, found in zip(wheres, before):
    print(f"{where}: {found}; with an index {rows('amount', where)}; WITH NOINDEX {rows('amount', where, 'WITH NOINDEX')}")
print("cents < 0, with an index:", rows("cents", "cents < 0"))
base.query("DEFINE INDEX once ON bill FIELDS amount UNIQUE")
base.query("CREATE bill SET amount = 10.50dec")
base.query("CREATE bill SET amount = 10.5dec")
print("unique:", *sorted(str(amount) for amount in base.query("SELECT VALUE amount FROM bill")))
END
)

want=$(cat <<'END'
amount < 0dec: -10.50 -0.07; with an index none; WITH NOINDEX -10.50 -0.07
amount > 9dec AND amount < 11dec: 9.75 10.5 10.50; with an index none; WITH NOINDEX 9.75 10.5 10.50
amount >= 9.75dec: 9.75 10.5 10.50; with an index none; WITH NOINDEX 9.75 10.5 10.50
amount = 10.50dec: 10.5 10.50; with an index 10.50; WITH NOINDEX 10.5 10.50
cents < 0, with an index: -1050 -7
unique: 10.5 10.50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
