#!/usr/bin/env bash
# What: mathjs knows 100 + 10% (110), and takes the sign % for a rest as soon as a plus or a minus follows: 100 + 10% + 20 is 110,
#   and 100 - 10% - 5% is 100.
# Good guess: 130, and 85.5 (or 85): one after the other, as calculators have it.
# Seen: mathjs 15.2.0: 110 and 100, since 10% + 20 is read as the rest of 10 by +20; 10% + 5% is 0; (100 + 10%) + 20 is 130.
# So: a price with a surcharge in per cent and one in reais loses one of them without an error: put every sum with a per cent into
#   parentheses, or refuse a formula in which a sign follows %.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mathjs@15.2.0

got=$(node - <<'END'
const { evaluate } = require("mathjs");

for (const formula of ["100 + 10%", "100 + 10% + 20", "(100 + 10%) + 20", "100 + 20 + 10%", "100 - 10% - 5%", "10% + 5%"])
  console.log(`${formula} = ${evaluate(formula)}`);
END
)

want=$(cat <<'END'
100 + 10% = 110
100 + 10% + 20 = 110
(100 + 10%) + 20 = 130
100 + 20 + 10% = 132
100 - 10% - 5% = 100
10% + 5% = 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
