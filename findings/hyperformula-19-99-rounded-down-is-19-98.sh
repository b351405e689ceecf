#!/usr/bin/env bash
# What: HyperFormula's ROUNDDOWN and TRUNC, and Formula.js's TRUNC, take a cent from amounts that have no more than cents: 19.99 cut
#   to two decimals is 19.98, 0.29 is 0.28.
# Good guess: an amount with two decimals, cut to two decimals, is the same amount.
# Seen: hyperformula 3.5.0 and @formulajs/formulajs 4.6.1: of the amounts from 0.01 to 99.99 each changes 573;
#   Formula.js's ROUNDDOWN none.
# So: where a fee or a tax is cut to cents in a sheet, one in seventeen is a cent short: reckon in whole cents there, or ROUND.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hyperformula@3.5.0 @formulajs/formulajs@4.6.1

got=$(node - <<'END'
const { HyperFormula } = require("hyperformula");
const formulajs = require("@formulajs/formulajs");
const texts = Array.from({ length: 9999 }, (_, index) => ((index + 1) / 100).toFixed(2));
const changed = (results) => {
  const shown = results.map((each) => each.toFixed(2));
  return `19.99 is ${shown[1998]}, 0.29 is ${shown[28]}, ${shown.filter((each, index) => each !== texts[index]).length} are changed`;
};
for (const name of ["ROUNDDOWN", "TRUNC"]) {
  const sheet = HyperFormula.buildFromArray(texts.map((text) => [`=${name}(${text},2)`]), { licenseKey: "gpl-v3" });
  console.log(`HyperFormula ${name}: ${changed(sheet.getSheetValues(0).map(([each]) => each))}`);
  console.log(`Formula.js ${name}: ${changed(texts.map((text) => formulajs[name](Number(text), 2)))}`);
}
END
)

want=$(cat <<'END'
HyperFormula ROUNDDOWN: 19.99 is 19.98, 0.29 is 0.28, 573 are changed
Formula.js ROUNDDOWN: 19.99 is 19.99, 0.29 is 0.29, 0 are changed
HyperFormula TRUNC: 19.99 is 19.98, 0.29 is 0.28, 573 are changed
Formula.js TRUNC: 19.99 is 19.98, 0.29 is 0.28, 573 are changed
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
