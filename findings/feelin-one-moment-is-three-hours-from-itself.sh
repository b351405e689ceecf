#!/usr/bin/env bash
# What: feelin, a FEEL engine in JavaScript, knows that 02:30 UTC is 23:30 at -03:00, and subtracts the one from the other to 3 hours.
# Good guess: PT0S, as the engines of Camunda and KIE have it; equal moments have no time between them.
# Seen: feelin 8.2.0: "-" goes by the digits of the clock and leaves the offsets out, for times too.
# So: a rule for a delay of minutes is hours off where two systems write their offsets differently: bring both to UTC first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund feelin@8.2.0

got=$(node --input-type=module - <<'END'
import { evaluate } from "feelin";
const one = 'date and time("2026-12-01T02:30:00Z")';
const same = 'date and time("2026-11-30T23:30:00-03:00")';
for (const each of [
  `${one} = ${same}`,
  `${one} - ${same}`,
  `${one} - ${same} > duration("PT1H")`,
  `time("20:30:00Z") = time("17:30:00-03:00")`,
  `time("20:30:00Z") - time("17:30:00-03:00")`,
]) console.log(`${each}: ${evaluate(each, {}).value}`);
END
)

want=$(cat <<'END'
date and time("2026-12-01T02:30:00Z") = date and time("2026-11-30T23:30:00-03:00"): true
date and time("2026-12-01T02:30:00Z") - date and time("2026-11-30T23:30:00-03:00"): PT3H
date and time("2026-12-01T02:30:00Z") - date and time("2026-11-30T23:30:00-03:00") > duration("PT1H"): true
time("20:30:00Z") = time("17:30:00-03:00"): true
time("20:30:00Z") - time("17:30:00-03:00"): PT3H
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
