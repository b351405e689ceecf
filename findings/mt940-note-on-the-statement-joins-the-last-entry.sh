#!/usr/bin/env bash
# What: mt-940 appends what an MT940 says about the statement as a whole (a :86: after the closing balance) to its last entry's details.
# Good guess: a :86: belongs to the :61: right before it; one after :62F: and :64: is the statement's, as SWIFT's description of the message has it.
# Seen: mt-940 5.1.1: "venda" becomes "venda", line break, "saldo sujeito a conferencia", with all of its options on too.
# So: read a :86: as an entry's only where its :61: stands right before it.
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
:60F:C261104BRL1000,00
:61:2611051105C100,00NTRFNONREF//1
:86:venda
:62F:C261105BRL1100,00
:64:C261105BRL1100,00
:86:saldo sujeito a conferencia
-
"""
for options in (None, mt940.Options.all()):
    (statement,) = mt940.parse_statements(STATEMENT, options=options)
    print([entry.data["transaction_details"] for entry in statement])
END
)

want=$(cat <<'END'
['venda\nsaldo sujeito a conferencia']
['venda\nsaldo sujeito a conferencia']
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
