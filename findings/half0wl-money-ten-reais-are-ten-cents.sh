#!/usr/bin/env bash
# What: @half0wl/money reads the text "10.00" as ten cents and "10.50" as 1050: an amount without cents is taken for cents.
# Good guess: 1000 cents, as its own guide says of "10.00".
# Seen: @half0wl/money 1.0.2, fromString: "10.50" is 1050, "10.01" 1001, "10.00" 10, "1234.00" 1234; fromFloat(10) is an error.
# So: one amount in a hundred is a hundredth of what it was: take the text apart at the point and give whole cents to `new Money`.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @half0wl/money@1.0.2

got=$(node - <<'END'
const { Money } = require("@half0wl/money");
console.log(["10.50", "10.01", "10.00", "1234.00"].map((text) => `${text} is ${Money.fromString("BRL", text).getAmount()}`).join(", "));
END
)

want=$(cat <<'END'
10.50 is 1050, 10.01 is 1001, 10.00 is 10, 1234.00 is 1234
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
