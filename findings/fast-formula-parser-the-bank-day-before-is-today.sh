#!/usr/bin/env bash
# What: fast-formula-parser does not go back over bank days: WORKDAY of a Monday and -1 is the same Monday.
# Good guess: the Friday before it, three days earlier.
# Seen: fast-formula-parser 1.0.19: 0 days back, for -1 as for -5, from a Sunday too; forwards it is right. hyperformula 3.5.0: -3,
#   -7, and -2 from the Sunday.
# So: what must be paid a bank day before it is due is paid on the day, or on a Sunday: count back day by day.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fast-formula-parser@1.0.19 hyperformula@3.5.0

got=$(node - <<'END'
const Parser = require("fast-formula-parser");
const { HyperFormula } = require("hyperformula");
const formulas = [
  "WORKDAY(DATE(2026,11,2),-1)-DATE(2026,11,2)",
  "WORKDAY(DATE(2026,11,2),-5)-DATE(2026,11,2)",
  "WORKDAY(DATE(2026,11,1),-1)-DATE(2026,11,1)",
  "WORKDAY(DATE(2026,10,30),1)-DATE(2026,10,30)",
];
const sheet = HyperFormula.buildFromArray(formulas.map((each) => [`=${each}`]), { licenseKey: "gpl-v3" });
formulas.forEach((each, row) => {
  const result = new Parser().parse(each, { sheet: "Sales", row: 1, col: 1 });
  console.log(`${each}: fast-formula-parser ${result}, HyperFormula ${sheet.getSheetValues(0)[row][0]}`);
});
END
)

want=$(cat <<'END'
WORKDAY(DATE(2026,11,2),-1)-DATE(2026,11,2): fast-formula-parser 0, HyperFormula -3
WORKDAY(DATE(2026,11,2),-5)-DATE(2026,11,2): fast-formula-parser 0, HyperFormula -7
WORKDAY(DATE(2026,11,1),-1)-DATE(2026,11,1): fast-formula-parser 0, HyperFormula -2
WORKDAY(DATE(2026,10,30),1)-DATE(2026,10,30): fast-formula-parser 3, HyperFormula 3
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
