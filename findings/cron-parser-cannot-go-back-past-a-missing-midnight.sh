#!/usr/bin/env bash
# What: cron-parser's prev() says "Invalid expression" for a daily schedule at midnight, where one midnight does not exist; its
#   next() goes over the same night, and takes 01:00 for it.
# Good guess: prev() gives what next() gave, in the other direction.
# Seen: cron-parser 5.10.6, "0 0 * * *" in America/Sao_Paulo, clocks forward at midnight of 2018-11-04: next() gives the 3rd, the
#   4th, the 5th; prev() from the 5th gives the 5th, then throws. From the 4th at noon it throws at once.
# So: "which close should have run last?" is an error for the whole day after such a night, though the schedule is right: compute
#   the last day from today's date in the zone (Santiago, Cairo, Beirut and Havana still have such a night).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cron-parser@5.10.6

got=$(node - <<'END'
const { CronExpressionParser } = require("cron-parser");
const take = (from, step, count) => {
  const times = CronExpressionParser.parse("0 0 * * *", { currentDate: new Date(from), tz: "America/Sao_Paulo" });
  const seen = [];
  try {
    while (seen.length < count) seen.push(times[step]().toISOString().slice(0, 16));
  } catch (error) {
    seen.push(error.message);
  }
  console.log(`${step} from ${from}: ${seen.join(", ")}`);
};
take("2018-11-02T12:00Z", "next", 3);
take("2018-11-05T12:00Z", "prev", 3);
take("2018-11-04T12:00Z", "prev", 1);
END
)

want=$(cat <<'END'
next from 2018-11-02T12:00Z: 2018-11-03T03:00, 2018-11-04T03:00, 2018-11-05T02:00
prev from 2018-11-05T12:00Z: 2018-11-05T02:00, Invalid expression, loop limit exceeded
prev from 2018-11-04T12:00Z: Invalid expression, loop limit exceeded
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
