#!/usr/bin/env bash
# What: brazilian-utils reads an amount as cents, unless it has a separator of decimals or of thousands.
# Good guess: "R$ 10" is ten reais.
# Seen: @brazilian-utils/brazilian-utils 2.4.0: "R$ 10" is 0.1, "1234" is 12.34, "1.234" is 1234, "1234,5" is 1234.5.
# So: it is a reader for a masked input field, not for files; refuse amounts without two decimals before it.
# Our guard: the command line's parse_amount reads 1234 as units and refuses 1.234, which two people would read differently.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @brazilian-utils/brazilian-utils@2.4.0

got=$(node - <<'END'
const { parseCurrency } = require("@brazilian-utils/brazilian-utils");
console.log(["R$ 10", "1234", "1.234", "1234,5"].map((text) => `${text} -> ${parseCurrency(text)}`).join(", "));
END
)

want=$(cat <<'END'
R$ 10 -> 0.1, 1234 -> 12.34, 1.234 -> 1234, 1234,5 -> 1234.5
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
