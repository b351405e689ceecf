#!/usr/bin/env bash
# What: mt-940 reads a file of two accounts' statements as one list under the last account's number.
# Good guess: parse() keeps statements apart, or refuses the second.
# Seen: mt-940 5.1.1: 2 entries, both under account 222, opening balance of the second.
# So: cut the file at each :20: and parse every statement alone.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore mt-940==5.1.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import mt940
ONE = """:20:EXTRATO
:25:00000000/{account}
:28C:1/1
:60F:C261105BRL{opening},00
:61:2611051105C10,00NMSCNONREF//1
:86:venda
:62F:C261105BRL{closing},00
-
"""
read = mt940.parse(ONE.format(account=111, opening=1000, closing=1010) + ONE.format(account=222, opening=2000, closing=2010))
print(f"{len(read)} entries, account {read.data['account_identification']}, opening {read.data['final_opening_balance']}")
END
)

want=$(cat <<'END'
2 entries, account 00000000/222, opening 2000.00 BRL @ 2026-11-05
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
