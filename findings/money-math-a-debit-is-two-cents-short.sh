#!/usr/bin/env bash
# What: money-math rounds negative products, quotients and percentages towards zero and gives up to two cents less: -1234.56 times 0.10 is -123.44, not -123.46.
# Good guess: as 1234.56 times 0.10, which is 123.46, with a minus; at worst another rule for half a cent.
# Seen: money-math 2.6.3: percent -123.45, mul -123.44, div -123.44; of 10.24, whose 10% is 1.024: 1.02, and -1.01 for -10.24.
# So: compute with the absolute amount and put the sign back.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit money-math@2.6.3 >/dev/null

cat > finding.mjs <<'END'
import money from "money-math";

for (const amount of ["10.20", "10.24", "10.29", "1234.56"]) {
  for (const each of [amount, `-${amount}`]) {
    console.log(each, "percent", money.percent(each, "10.00"), "mul", money.mul(each, "0.10"), "div", money.div(each, "10.00"));
  }
}
END
got=$(node finding.mjs)

want=$(cat <<'END'
10.20 percent 1.02 mul 1.02 div 1.02
-10.20 percent -1.02 mul -1.02 div -1.02
10.24 percent 1.02 mul 1.02 div 1.02
-10.24 percent -1.01 mul -1.02 div -1.02
10.29 percent 1.03 mul 1.03 div 1.03
-10.29 percent -1.02 mul -1.01 div -1.01
1234.56 percent 123.46 mul 123.46 div 123.46
-1234.56 percent -123.45 mul -123.44 div -123.44
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
