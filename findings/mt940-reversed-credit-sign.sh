#!/usr/bin/env bash
# What: mt-940 gives a reversal of a credit ("RC", money leaves) a positive amount.
# Good guess: a signed amount is signed by what it does to the balance.
# Seen: mt-940 5.1.1: 50.00, 20.00, -5, which makes 1065 of 1000, where the file's closing balance is 965.
# So: check opening + entries = closing for every statement read; take the sign from the mark, R turning it round.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore mt-940==5.1.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import mt940
STATEMENT = """:20:EXTRATO
:25:00000000/0001234567
:28C:1/1
:60F:C261105BRL1000,00
:61:2611051105RC50,00NMSCNONREF//1
:86:estorno de credito
:61:2611051105RD20,00NMSCNONREF//2
:86:estorno de debito
:61:2611051105D5,NMSCNONREF//3
:86:tarifa
:62F:C261105BRL965,00
-
"""
statement = mt940.parse(STATEMENT)
entries = [(entry.data["status"], entry.data["amount"].amount) for entry in statement]
closing = statement.data["final_closing_balance"].amount.amount
opening = statement.data["final_opening_balance"].amount.amount
print(", ".join(f"{mark} {amount}" for mark, amount in entries) + f": 1000 becomes {opening + sum(a for _, a in entries)}, the file says {closing}")
END
)

want=$(cat <<'END'
RC 50.00, RD 20.00, D -5: 1000 becomes 1065.00, the file says 965.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
