#!/usr/bin/env bash
# What: Formula.js's NETWORKDAYS counts the days between two dates wrong when the later one comes first: from Friday back to
#   Monday are -3 bank days, from 30 back to 1 November -28.
# Good guess: the same number as forwards with a minus, as in HyperFormula: -5 and -21.
# Seen: @formulajs/formulajs 4.6.1: 5 and 21 forwards, -3 and -28 backwards; hyperformula 3.5.0 -5 and -21.
# So: how many bank days something is overdue, as the due date less today, comes out wrong: put the earlier date first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @formulajs/formulajs@4.6.1 hyperformula@3.5.0

got=$(node - <<'END'
const { NETWORKDAYS } = require("@formulajs/formulajs");
const { HyperFormula } = require("hyperformula");
const november = (day) => new Date(2026, 10, day);
for (const [first, last] of [[2, 6], [6, 2], [1, 30], [30, 1]]) {
  const formula = `=NETWORKDAYS(DATE(2026,11,${first}),DATE(2026,11,${last}))`;
  const sheet = HyperFormula.buildFromArray([[formula]], { licenseKey: "gpl-v3" });
  const days = NETWORKDAYS(november(first), november(last));
  console.log(`${first} to ${last} November: Formula.js ${days}, HyperFormula ${sheet.getSheetValues(0)[0][0]}`);
}
END
)

want=$(cat <<'END'
2 to 6 November: Formula.js 5, HyperFormula 5
6 to 2 November: Formula.js -3, HyperFormula -5
1 to 30 November: Formula.js 21, HyperFormula 21
30 to 1 November: Formula.js -28, HyperFormula -21
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
