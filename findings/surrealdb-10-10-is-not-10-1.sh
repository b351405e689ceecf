#!/usr/bin/env bash
# What: SurrealDB takes the literal 10.1 for a float and compares it with a decimal by all digits of the binary number, but adds,
#   subtracts, casts and stores it as the decimal 10.1: 10.10dec = 10.1 is false, and 10.10dec - 10.1 is 0.00.
# Good guess: as in + and -, the float's shortest decimal is compared; or both as floats, as PostgreSQL does. Both give true.
# Seen: surrealdb (PyPI) 2.0.0, the engine in memory that comes with it: a field of type decimal that was set to 10.1 is not found
#   by = 10.1; 10.5, which a binary number has exactly, is found.
# So: write dec after every literal that meets a decimal, and pass Decimals as parameters.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore surrealdb==2.0.0

got=$("$work/venv/bin/python" - <<'END'
from decimal import Decimal
from surrealdb import Surreal

base = Surreal("mem://")
base.use("finding", "finding")
for text in ["10.10dec = 10.1", "10.10dec <= 10.1", "10.10dec - 10.1", "10.10dec + 10.1", "10.10dec = <decimal> 10.1", "10.50dec = 10.5"]:
    print(f"{text}: {base.query('RETURN ' + text)}")
base.query("DEFINE FIELD amount ON entry TYPE decimal")
base.query("CREATE entry SET amount = 10.1")
base.query("CREATE entry SET amount = 10.5")
print("stored:", *sorted(base.query("SELECT VALUE amount FROM entry")))
for where in ["amount = 10.1", "amount = 10.1dec", "amount = $amount", "amount = 10.5"]:
    print(f"{where}:", *base.query(f"SELECT VALUE amount FROM entry WHERE {where}", {"amount": Decimal("10.1")}))
END
)

want=$(cat <<'END'
10.10dec = 10.1: False
10.10dec <= 10.1: False
10.10dec - 10.1: 0.00
10.10dec + 10.1: 20.20
10.10dec = <decimal> 10.1: True
10.50dec = 10.5: True
stored: 10.1 10.5
amount = 10.1:
amount = 10.1dec: 10.1
amount = $amount: 10.1
amount = 10.5: 10.5
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
