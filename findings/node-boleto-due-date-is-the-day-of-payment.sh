#!/usr/bin/env bash
# What: node-boleto reads, in a return file of Bradesco (CNAB 400), the day on which a slip was paid as the day on which it was
#   due; the same layout's file of Caixa it reads right.
# Good guess: `vencimento` is the slip's due date (positions 147 to 152), `data_ocorrencia` the day of the event (111 to 116).
# Seen: node-boleto 2.3.0 (with moment, which it needs and does not name): a slip due 10 November and paid 25 November is due 25
#   November at Bradesco.
# So: no slip was ever paid late, and interest for late payment is never found: take positions 147 to 152 of `raw_line`.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-boleto@2.3.0 moment@2.31.0

got=$(node - <<'END'
const { EdiParser } = require("node-boleto");
// A detail record of 400 characters with what the two banks have at the same place: occurrence 06 (paid), its day, the due date
// and the amount in cents.
const line = [..."1".padEnd(400, "0")];
const put = (position, text) => line.splice(position - 1, text.length, ...text);
put(2, "02");
put(109, "06");
put(111, "251126");
put(147, "101126");
put(153, "0000000015000");
const day = (date) => `${date.getDate()}/${date.getMonth() + 1}/${date.getFullYear()}`;
for (const bank of ["bradesco", "caixa"]) {
  const [slip] = EdiParser.parse(bank, line.join("")).boletos;
  console.log(`${bank}: paid ${day(slip.data_ocorrencia)}, due ${day(slip.vencimento)}, cents ${slip.valor}`);
}
END
)

want=$(cat <<'END'
bradesco: paid 25/11/2026, due 25/11/2026, cents 15000
caixa: paid 25/11/2026, due 10/11/2026, cents 15000
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
