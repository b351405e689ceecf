#!/usr/bin/env bash
# What: HyperFormula's INT cuts a negative number towards zero: INT(-1.5) is -1.
# Good guess: -2: INT goes down to the next lower integer in spreadsheets and in Formula.js, and MOD, which spreadsheets define by
#   INT, does so here too.
# Seen: hyperformula 3.5.0: INT(-1.5) is -1, INT(-0.5) is 0, MOD(-10.5, 3) is 1.5, so that 3 * INT(-10.5 / 3) + MOD(-10.5, 3) is
#   -7.5; @formulajs/formulajs 4.6.1: -2, -1 and 1.5.
# So: a sheet that shares amounts into parts and rest loses a part of each debit: write FLOOR(x, 1) or ROUNDDOWN, whichever you mean.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hyperformula@3.5.0 @formulajs/formulajs@4.6.1

got=$(node - <<'END'
const { HyperFormula } = require("hyperformula");
const { INT, MOD } = require("@formulajs/formulajs");
const formulas = ["=INT(-1.5)", "=INT(-0.5)", "=MOD(-10.5,3)", "=3*INT(-10.5/3)+MOD(-10.5,3)"];
const sheet = HyperFormula.buildFromArray([formulas], { licenseKey: "gpl-v3" });
console.log(formulas.map((each, index) => `${each.slice(1)} ${sheet.getSheetValues(0)[0][index]}`).join(", "));
console.log(`Formula.js: ${[INT(-1.5), INT(-0.5), MOD(-10.5, 3), 3 * INT(-10.5 / 3) + MOD(-10.5, 3)].join(", ")}`);
END
)

want=$(cat <<'END'
INT(-1.5) -1, INT(-0.5) 0, MOD(-10.5,3) 1.5, 3*INT(-10.5/3)+MOD(-10.5,3) -7.5
Formula.js: -2, -1, 1.5, -10.5
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
