#!/usr/bin/env bash
# What: JSONata reads a year of two digits as one of 1900: 30/11/26 is in 1926, although it writes 2026 so itself.
# Good guess: 2026, as most parsers of dates have it, or an error.
# Seen: jsonata 2.2.2, $toMillis with [Y01] and [Y,2-2]: "301126" of a CNAB file is 1926-11-30; with [Y0001] it is right.
# So: what is due is a hundred years overdue: put "20" before the year, and read it with [Y0001].
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jsonata@2.2.2

got=$(node - <<'END'
const jsonata = require("jsonata");
(async () => {
  for (const each of [
    `$fromMillis($toMillis('301126', '[D01][M01][Y01]'))`,
    `$fromMillis($toMillis('30/11/26', '[D01]/[M01]/[Y,2-2]'))`,
    `$fromMillis($toMillis('30/11/2026', '[D01]/[M01]/[Y0001]'))`,
    `$fromMillis(1796083200000, '[D01]/[M01]/[Y01]')`,
    `$fromMillis($toMillis('3011' & '20' & '26', '[D01][M01][Y0001]'))`,
  ]) console.log(`${each}: ${await jsonata(each).evaluate({})}`);
})();
END
)

want=$(cat <<'END'
$fromMillis($toMillis('301126', '[D01][M01][Y01]')): 1926-11-30T00:00:00.000Z
$fromMillis($toMillis('30/11/26', '[D01]/[M01]/[Y,2-2]')): 1926-11-30T00:00:00.000Z
$fromMillis($toMillis('30/11/2026', '[D01]/[M01]/[Y0001]')): 2026-11-30T00:00:00.000Z
$fromMillis(1796083200000, '[D01]/[M01]/[Y01]'): 01/12/26
$fromMillis($toMillis('3011' & '20' & '26', '[D01][M01][Y0001]')): 2026-11-30T00:00:00.000Z
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
