#!/usr/bin/env bash
# What: currency.js rounds half a cent up, not away from zero: a fee of 10% of 10.25 is 1.03, and of -10.25 -1.02.
# Good guess: a refund is its sale with the other sign, as with every money type that rounds half away from zero or half to
#   even.
# Seen: currency.js 2.0.4: 1.03 and -1.02, which add up to 0.01; currency(1.005) is 1.01 and currency(-1.005) is -1.
# So: sale and refund leave a cent behind: take the sign off, compute, and put it back.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund currency.js@2.0.4

got=$(node - <<'END'
const currency = require("currency.js");
const sale = currency("10.25").multiply(0.1);
const refund = currency("-10.25").multiply(0.1);
console.log(`fee ${sale}, given back ${refund}, left ${sale.add(refund)}; ${currency("1.005")} and ${currency("-1.005")}`);
END
)

want=$(cat <<'END'
fee 1.03, given back -1.02, left 0.01; 1.01 and -1.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
