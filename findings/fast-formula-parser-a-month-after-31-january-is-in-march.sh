#!/usr/bin/env bash
# What: fast-formula-parser counts months over the end of a short month: EDATE of 31 January and one month is 3 March.
# Good guess: 28 February, the last day of the month that EDATE lands in, as spreadsheets have it.
# Seen: fast-formula-parser 1.0.19: 31 January + 1 is 3 March, 31 March - 1 is 3 March too, 29 February 2024 + 12 is 1 March;
#   hyperformula 3.5.0: 28 February each time. Written here as days after 1 January 2026 and 2025.
# So: monthly instalments that begin on the 29th to the 31st leave out February, and two fall into March: use EOMONTH, which is
#   right, for such days.
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
  "EDATE(DATE(2026,1,31),1)-DATE(2026,1,1)",
  "EDATE(DATE(2026,3,31),-1)-DATE(2026,1,1)",
  "EDATE(DATE(2024,2,29),12)-DATE(2025,1,1)",
  "EOMONTH(DATE(2026,1,31),1)-DATE(2026,1,1)",
];
const sheet = HyperFormula.buildFromArray(formulas.map((each) => [`=${each}`]), { licenseKey: "gpl-v3" });
formulas.forEach((each, row) => {
  const result = new Parser().parse(each, { sheet: "Sales", row: 1, col: 1 });
  console.log(`${each}: fast-formula-parser ${result}, HyperFormula ${sheet.getSheetValues(0)[row][0]}`);
});
END
)

want=$(cat <<'END'
EDATE(DATE(2026,1,31),1)-DATE(2026,1,1): fast-formula-parser 61, HyperFormula 58
EDATE(DATE(2026,3,31),-1)-DATE(2026,1,1): fast-formula-parser 61, HyperFormula 58
EDATE(DATE(2024,2,29),12)-DATE(2025,1,1): fast-formula-parser 59, HyperFormula 58
EOMONTH(DATE(2026,1,31),1)-DATE(2026,1,1): fast-formula-parser 58, HyperFormula 58
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
