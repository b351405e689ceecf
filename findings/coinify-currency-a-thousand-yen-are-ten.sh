#!/usr/bin/env bash
# What: @coinify/currency knows that some currencies have other than two decimals, three for the Kuwaiti dinar, but not that some have
#   none: 1050 yen are 10.50, and 10 dollars at 150 are 150000 of the yen's smallest unit.
# Good guess: JPY, CLP and KRW have no decimals, by ISO 4217 and by Intl, as KWD has three.
# Seen: @coinify/currency 1.3.43: 2 for JPY, CLP, KRW, ISK, VND and XAF.
# So: amounts in cents that come from a payment service are a hundred times too small: take the decimals from Intl or ISO 4217.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @coinify/currency@1.3.43

got=$(node - <<'END'
const money = require("@coinify/currency");
for (const code of ["BRL", "KWD", "JPY", "CLP", "KRW"]) {
  const intl = new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits;
  console.log(`${code}: ${money.getDecimalsForCurrency(code)} decimals, Intl ${intl}; 1050 is ${money.fromSmallestSubunit(1050, code)}`);
}
console.log(`10 dollars at 150: ${money.convertSubunitAmount(1000, 150, "USD", "JPY")}`);
END
)

want=$(cat <<'END'
BRL: 2 decimals, Intl 2; 1050 is 10.5
KWD: 3 decimals, Intl 3; 1050 is 1.05
JPY: 2 decimals, Intl 0; 1050 is 10.5
CLP: 2 decimals, Intl 0; 1050 is 10.5
KRW: 2 decimals, Intl 0; 1050 is 10.5
10 dollars at 150: 150000
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
