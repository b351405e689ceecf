#!/usr/bin/env bash
# What: node-boleto compares, in a return file of Santander (CNAB 240), what was paid with what was due as texts: a slip of 150.00
#   on which 99.00 were paid counts as paid, one of 99.00 on which 150.00 were paid does not.
# Good guess: `pago` says whether at least the slip's amount was paid.
# Seen: node-boleto 2.3.0 (with moment, which it needs and does not name): "9900" is not less than "15000".
# So: compare the two amounts yourself, as whole numbers of cents; a slip that was paid with interest may look open.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-boleto@2.3.0 moment@2.31.0

got=$(node - <<'END'
const { EdiParser } = require("node-boleto");
// Detail records of 240 characters: segment T has the slip's number, due date and amount, segment U what was paid, in cents.
const record = (...fields) => {
  const line = [..."".padEnd(240, "0")];
  for (const [position, text] of [[8, "3"], [16, "17"], ...fields]) line.splice(position - 1, text.length, ...text);
  return line.join("");
};
const cents = (amount) => String(amount).padStart(15, "0");
const file = [[1, 15000, 15000], [2, 15000, 9900], [3, 9900, 15000]].flatMap(([number, due, paid]) => [
  record([14, "T"], [41, String(number).padStart(12, "0")], [70, "10112026"], [78, cents(due)]),
  record([14, "U"], [78, cents(paid)]),
]);
for (const slip of Object.values(EdiParser.parse("santander", file.join("\n")).boletos)) {
  console.log(`due ${slip.valor}, paid ${slip.valor_pago}: ${slip.pago ? "paid" : "open"}`);
}
END
)

want=$(cat <<'END'
due 15000, paid 15000: paid
due 15000, paid 9900: paid
due 9900, paid 15000: open
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
