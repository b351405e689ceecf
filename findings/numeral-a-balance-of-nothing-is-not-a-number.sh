#!/usr/bin/env bash
# What: Numeral.js shows what is left of a balance of zero in binary numbers as "NaN": 0.1 + 0.2 - 0.3 in the format 0,0.00.
# Good guess: 0.00, as toFixed, and as numbro, which was made from it.
# Seen: numeral 2.0.6: NaN for everything nearer to zero than a millionth, 0.00 from there on, "R$ NaN" with a currency; numbro
#   2.5.0 says 0.00.
# So: an account that is settled shows NaN and one that is a cent off does not: round before you format, or give it cents / 100.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund numeral@2.0.6 numbro@2.5.0

got=$(node - <<'END'
const numeral = require("numeral");
const numbro = require("numbro");
const amounts = { "0.1 + 0.2 - 0.3": 0.1 + 0.2 - 0.3, "0.3 - 0.2 - 0.1": 0.3 - 0.2 - 0.1, 0.000001: 0.000001 };
for (const [text, amount] of Object.entries(amounts)) {
  const other = numbro(amount).format({ mantissa: 2, thousandSeparated: true });
  console.log(`${text}: numeral ${numeral(amount).format("0,0.00")}, numbro ${other}`);
}
END
)

want=$(cat <<'END'
0.1 + 0.2 - 0.3: numeral NaN, numbro 0.00
0.3 - 0.2 - 0.1: numeral NaN, numbro 0.00
0.000001: numeral 0.00, numbro 0.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
