#!/usr/bin/env bash
# What: fiscal-year takes the day on which a fiscal year begins for the year only, not for its quarters and months: where the year
#   begins on 6 April, 5 April is the last day of the year before, in quarter 1, month 0.
# Good guess: the last day of a year is in quarter 4, month 11.
# Seen: fiscal-year 1.0.0: 5 April 2026 has the same year, quarter and month as 6 April 2025; 5 May is in month 1, as 6 May is.
# So: sums by year and quarter put a year's last days into its first quarter; count months and quarters from the first day yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fiscal-year@1.0.0

got=$(node - <<'END'
const year = require("fiscal-year").default({ month: 3, day: 6 });
for (const day of ["2025-04-06", "2026-03-31", "2026-04-05", "2026-04-06", "2026-05-05", "2026-05-06"]) {
  console.log(`${day}: year ${year.getFiscalYear(day)}, quarter ${year.getFiscalQuarter(day)}, month ${year.getFiscalMonth(day)}`);
}
END
)

want=$(cat <<'END'
2025-04-06: year 2026, quarter 1, month 0
2026-03-31: year 2026, quarter 4, month 11
2026-04-05: year 2026, quarter 1, month 0
2026-04-06: year 2027, quarter 1, month 0
2026-05-05: year 2027, quarter 1, month 1
2026-05-06: year 2027, quarter 1, month 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
