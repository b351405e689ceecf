#!/usr/bin/env bash
# What: dayjs-business-time's businessDaysDiff counts a day more for each side that is outside the hours of business, as a date
#   without a time is: from 3 November to 3 November is one bank day, and to 4 November are two.
# Good guess: 0 and 1, as it says at 10:00; days are counted by their dates.
# Seen: dayjs-business-time 1.0.4, dayjs 1.11.23: from 08:00 to 18:00 of the next day are three. Saturday to Sunday is one.
# So: interest by bank days is charged for a day too many, by how the date was written: set both sides to an hour of business.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dayjs@1.11.23 dayjs-business-time@1.0.4

got=$(node - <<'END'
const dayjs = require("dayjs");
dayjs.extend(require("dayjs-business-time").default ?? require("dayjs-business-time"));
dayjs.setHolidays(["2026-11-02"]);
for (const [from, to] of [
  ["2026-11-03", "2026-11-03"],
  ["2026-11-03", "2026-11-04"],
  ["2026-10-30", "2026-11-03"],
  ["2026-10-31", "2026-11-01"],
  ["2026-11-03 08:00", "2026-11-04 18:00"],
  ["2026-11-03 10:00", "2026-11-03 10:00"],
  ["2026-11-03 10:00", "2026-11-04 10:00"],
]) console.log(`from ${from} to ${to}: ${dayjs(from).businessDaysDiff(dayjs(to))}`);
END
)

want=$(cat <<'END'
from 2026-11-03 to 2026-11-03: 1
from 2026-11-03 to 2026-11-04: 2
from 2026-10-30 to 2026-11-03: 2
from 2026-10-31 to 2026-11-01: 1
from 2026-11-03 08:00 to 2026-11-04 18:00: 3
from 2026-11-03 10:00 to 2026-11-03 10:00: 0
from 2026-11-03 10:00 to 2026-11-04 10:00: 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
