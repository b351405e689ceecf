#!/usr/bin/env bash
# What: json-logic-qubit cuts a Decimal to a whole number wherever it calculates or compares with a number: 10.50 plus 0.75 is 10,
#   and 10.50 > 10 is false.
# Good guess: 11.25 and true, as it gives for the same amounts as floats and as texts; or an error.
# Seen: json-logic-qubit 0.9.1: 10, 20 for 10.50 * 2, -9 for minus 9.99; two Decimals are compared rightly with each other.
# So: a rule over rows of a database, whose drivers give Decimals, loses the cents, and a limit lets through up to a real more: give
#   rules integers (cents).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore json-logic-qubit==0.9.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
from decimal import Decimal
from json_logic import jsonLogic

for rule in [{"+": [{"var": "sale"}, {"var": "fee"}]}, {"*": [{"var": "sale"}, 2]}, {">": [{"var": "sale"}, 10]},
             {">": [{"var": "sale"}, {"var": "fee"}]}, {"max": [{"var": "sale"}, {"var": "fee"}]}]:
    answers = [jsonLogic(rule, {"sale": kind("10.50"), "fee": kind("0.75")}) for kind in (Decimal, float, str)]
    print(rule, *answers)
END
)

want=$(cat <<'END'
{'+': [{'var': 'sale'}, {'var': 'fee'}]} 10 11.25 11.25
{'*': [{'var': 'sale'}, 2]} 20 21 21
{'>': [{'var': 'sale'}, 10]} False True True
{'>': [{'var': 'sale'}, {'var': 'fee'}]} True True True
{'max': [{'var': 'sale'}, {'var': 'fee'}]} 10 10.5 10.5
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
