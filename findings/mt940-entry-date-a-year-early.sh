#!/usr/bin/env bash
# What: mt-940 dates an entry that is valued 1 December 2026 and booked 10 January (interest, say) 10 January 2026.
# Good guess: the entry date has no year (MMDD); its year is the one that brings it nearest to the value date.
# Seen: mt-940 5.1.1: 2026-01-10, in a statement that closes on 2027-01-10: it changes the year only where the days are 330 or more apart, so up to 35 days after New Year's turn.
# So: take the year that brings the entry date nearest to the value date.
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
:60F:C270108BRL1000,00
:61:2612010110C5,00NINTNONREF//1
:86:juros
:62F:C270110BRL1005,00
-
"""
(statement,) = mt940.parse_statements(STATEMENT, options=mt940.Options.all())
entry = statement[0].data
print(f"valued {entry['date']}, booked {entry['entry_date']}, closing {statement.data['final_closing_balance']}")
END
)

want=$(cat <<'END'
valued 2026-12-01, booked 2026-01-10, closing 1005.00 BRL @ 2027-01-10
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
