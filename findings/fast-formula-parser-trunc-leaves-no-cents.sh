#!/usr/bin/env bash
# What: fast-formula-parser's TRUNC does not look at how many decimals are asked for: 1234.567 cut to two decimals is 1234.
# Good guess: 1234.56, as its own ROUNDDOWN and HyperFormula have it.
# Seen: fast-formula-parser 1.0.19: TRUNC(1234.567,2) is 1234, TRUNC(-1.999,2) is -1; ROUNDDOWN is right.
# So: a tax that is cut to cents loses them: write ROUNDDOWN.
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
  "TRUNC(1234.567,2)",
  "TRUNC(-1.999,2)",
  "ROUNDDOWN(1234.567,2)",
  "ROUNDDOWN(-1.999,2)",
];
const sheet = HyperFormula.buildFromArray(formulas.map((each) => [`=${each}`]), { licenseKey: "gpl-v3" });
formulas.forEach((each, row) => {
  const result = new Parser().parse(each, { sheet: "Sales", row: 1, col: 1 });
  console.log(`${each}: fast-formula-parser ${result}, HyperFormula ${sheet.getSheetValues(0)[row][0]}`);
});
END
)

want=$(cat <<'END'
TRUNC(1234.567,2): fast-formula-parser 1234, HyperFormula 1234.56
TRUNC(-1.999,2): fast-formula-parser -1, HyperFormula -1.99
ROUNDDOWN(1234.567,2): fast-formula-parser 1234.56, HyperFormula 1234.56
ROUNDDOWN(-1.999,2): fast-formula-parser -1.99, HyperFormula -1.99
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
