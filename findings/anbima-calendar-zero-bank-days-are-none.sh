#!/usr/bin/env bash
# What: anbima-calendar's day that is zero bank days after a day is None, and so is that of any negative number, without an error.
# Good guess: zero is the day itself (or the next bank day), as in bizdays; -1 is the bank day before.
# Seen: anbima-calendar 0.1.1: add_business_days(0, 30 November 2026) and (-1, ...) are None.
# So: a payment due at once has no due date, and what compares it fails later: handle zero before, count back with bizdays.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore anbima-calendar==0.1.1 bizdays==1.0.19

got=$(venv/bin/python -W ignore - <<'END'
from datetime import date

from anbima_calendar import add_business_days
from bizdays import Calendar

day, bank = date(2026, 11, 30), Calendar.load("ANBIMA")
for number in (1, 0, -1):
    print(f"{number:+d}: anbima-calendar {add_business_days(number, day)}, bizdays {bank.offset(day, number):%Y-%m-%d}")
END
)

want=$(cat <<'END'
+1: anbima-calendar 2026-12-01, bizdays 2026-12-01
+0: anbima-calendar None, bizdays 2026-11-30
-1: anbima-calendar None, bizdays 2026-11-27
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
