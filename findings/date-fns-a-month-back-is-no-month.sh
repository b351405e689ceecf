#!/usr/bin/env bash
# What: date-fns counts a month from 31 January to 28 February, and none from 28 February back to 31 January.
# Good guess: one and minus one, as Luxon and Moment.js have it, and as date-fns does for 30 November and 30 October.
# Seen: date-fns 4.4.0: differenceInMonths 1 and 0, and 12 and -11 between 29 February 2024 and 28 February 2025;
#   intervalToDuration of the way back is -28 days. Luxon 3.7.2 and Moment.js 2.31.0: 1 and -1, 12 and -12.
# So: "how many months late" counted from the due day differs from that counted to it: always put the later day first, and the sign
#   on afterwards.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund date-fns@4.4.0 luxon@3.7.2 moment@2.31.0

got=$(node - <<'END'
const { differenceInMonths, intervalToDuration } = require("date-fns");
const { DateTime } = require("luxon");
const moment = require("moment");

for (const [first, last] of [["2026-01-31", "2026-02-28"], ["2026-10-30", "2026-11-30"], ["2024-02-29", "2025-02-28"]]) {
  const [from, to] = [new Date(`${first}T12:00`), new Date(`${last}T12:00`)];
  const luxon = (one, other) => Math.trunc(DateTime.fromJSDate(one).diff(DateTime.fromJSDate(other), "months").months);
  console.log(`${first} ${last}: date-fns ${differenceInMonths(to, from)} and ${differenceInMonths(from, to)}`,
    JSON.stringify(intervalToDuration({ start: to, end: from })) + ",",
    `Luxon ${luxon(to, from)} and ${luxon(from, to)},`,
    `Moment.js ${moment(to).diff(from, "months")} and ${moment(from).diff(to, "months")}`);
}
END
)

want=$(cat <<'END'
2026-01-31 2026-02-28: date-fns 1 and 0 {"days":-28}, Luxon 1 and -1, Moment.js 1 and -1
2026-10-30 2026-11-30: date-fns 1 and -1 {"months":-1}, Luxon 1 and -1, Moment.js 1 and -1
2024-02-29 2025-02-28: date-fns 12 and -11 {"months":-11,"days":-28}, Luxon 12 and -12, Moment.js 12 and -12
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
