#!/usr/bin/env bash
# What: workalendar's calendar of Brazilian banks takes 20 November for a bank day, and knows 31 December.
# Good guess: the newest release knows the national holiday that Brazil has had since 2024.
# Seen: workalendar 17.0.0: working day on 2026-11-20; bizdays 1.0.19 (the banks' association's list): not. The other way round
#   on 2026-12-31: bizdays counts it as a business day, workalendar's bank calendar does not.
# So: settlement days differ by one in the third week of November; two sources disagree, so name the one you follow.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore workalendar==17.0.0 bizdays==1.0.19

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from datetime import date
from bizdays import Calendar
from workalendar.america import BrazilBankCalendar
banks, association = BrazilBankCalendar(), Calendar.load("ANBIMA")
print(
    "; ".join(
        f"{day}: workalendar {banks.is_working_day(day)}, bizdays {association.isbizday(day)}"
        for day in (date(2026, 11, 20), date(2026, 12, 31))
    )
)
END
)

want=$(cat <<'END'
2026-11-20: workalendar True, bizdays False; 2026-12-31: workalendar False, bizdays True
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
