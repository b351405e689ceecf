#!/usr/bin/env bash
# What: bankstatementparser gives an MT940 entry the day that it is valued, and no column has the day on which it was booked.
# Good guess: the date of an entry is the one that its statement's balances follow, the entry date; or there are two columns.
# Seen: bankstatementparser 0.0.29: 2026-12-31 for an entry booked on 2027-01-04, in a statement of 2027-01-04.
# So: read the entry date (MMDD after the value date) from the :61:, and its year from the value date.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore bankstatementparser==0.0.29

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import sys
from pathlib import Path
from bankstatementparser import Mt940Parser
STATEMENT = """:20:EXTRATO
:25:00000000/0001234567
:28C:1/1
:60F:C261231BRL1000,00
:61:2612310104C10,00NTRFNONREF//1
:86:venda
:62F:C270104BRL1010,00
-
"""
path = Path(sys.argv[1], "statement.sta")
path.write_text(STATEMENT)
(entry,) = Mt940Parser(path).parse().to_dict("records")
print(", ".join(f"{name} {value}" for name, value in entry.items() if "date" in name.lower()))
END
)

want=$(cat <<'END'
date 2026-12-31
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
