#!/usr/bin/env bash
# What: rrule-temporal, which moves a day that a month lacks to its last one when told to (SKIP=BACKWARD), leaves short months out
#   where the rule names the day: monthly on the 31st gives January, March, May.
# Good guess: RFC 7529's SKIP holds for the days that BYMONTHDAY gives ("after BYMONTHDAY", as its README says too): 28 February.
# Seen: rrule-temporal 2.2.8: of a rule from 31 January, SKIP=BACKWARD works without BYMONTHDAY, and yearly with BYMONTH and
#   BYMONTHDAY=31; monthly with BYMONTHDAY=31 five months of a year are missing, with SKIP=FORWARD too. lib-recur
#   0.17.1 (Java): 28 February and 30 April, 1 March and 1 May.
# So: a payment "on the 31st, or the last day" is not made in five months: write BYMONTHDAY=-1, or no BYMONTHDAY.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rrule-temporal@2.2.8

got=$(node - <<'END'
const { RRuleTemporal } = require("rrule-temporal");

for (const rule of ["MONTHLY;SKIP=BACKWARD", "MONTHLY;SKIP=BACKWARD;BYMONTHDAY=31", "MONTHLY;SKIP=FORWARD;BYMONTHDAY=31",
  "YEARLY;SKIP=BACKWARD;BYMONTH=1,2,3,4;BYMONTHDAY=31"]) {
  const rruleString = `DTSTART:20260131T120000Z\nRRULE:RSCALE=GREGORIAN;FREQ=${rule};COUNT=4`;
  const days = new RRuleTemporal({ rruleString }).all().map((time) => time.toPlainDate().toString());
  console.log(`${rule}: ${days.join(" ")}`);
}
END
)

want=$(cat <<'END'
MONTHLY;SKIP=BACKWARD: 2026-01-31 2026-02-28 2026-03-31 2026-04-30
MONTHLY;SKIP=BACKWARD;BYMONTHDAY=31: 2026-01-31 2026-03-31 2026-05-31 2026-07-31
MONTHLY;SKIP=FORWARD;BYMONTHDAY=31: 2026-01-31 2026-03-31 2026-05-31 2026-07-31
YEARLY;SKIP=BACKWARD;BYMONTH=1,2,3,4;BYMONTHDAY=31: 2026-01-31 2026-02-28 2026-03-31 2026-04-30
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
