#!/usr/bin/env bash
# What: mt940-js has a flag isExpense and amounts without a sign, and isExpense is true for money received too: it goes by three
#   codes of two banks, not by the mark C or D.
# Good guess: isExpense is the opposite of isCredit.
# Seen: mt940-js 1.0.0: isExpense is true for C, D, RC and RD with NTRF. isCredit follows the letter, so it is true for RC, the
#   reversal of a credit, by which money leaves.
# So: all that a shop takes is booked as spent: sign amounts by the mark, with RC out and RD in, and check opening + entries =
#   closing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mt940-js@1.0.0 tslib@2.9.1

got=$(node - <<'END'
const mt940 = require("mt940-js");
const lines = ["C", "D", "RC", "RD"].map((mark) => `:61:2611051105${mark}10,00NTRFNONREF\r\n:86:Exemplo\r\n`).join("");
const file = `:20:R1\r\n:25:0001/123456\r\n:28C:1/1\r\n:60F:C261104BRL100,00\r\n${lines}:62F:C261105BRL100,00\r\n-\r\n`;
mt940.read(Buffer.from(file)).then(([statement]) => {
  const marks = ["C", "D", "RC", "RD"];
  console.log(statement.transactions.map((each, at) => `${marks[at]} ${each.amount} credit ${each.isCredit} expense ${each.isExpense}`).join("\n"));
});
END
)

want=$(cat <<'END'
C 10 credit true expense true
D 10 credit false expense true
RC 10 credit true expense true
RD 10 credit false expense true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
