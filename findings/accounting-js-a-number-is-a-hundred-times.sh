#!/usr/bin/env bash
# What: accounting-js takes the decimal comma that unformat is told of for numbers too: 1234.56 with "," is 123456.
# Good guess: what is a number already stays as it is, as in accounting.js, from which it comes.
# Seen: accounting-js 2.0.3: unformat("R$ 1.234,56", ",") is 1234.56, unformat(1234.56, ",") 123456, and unformat(10, ",") 10;
#   accounting 0.4.1 gives 1234.56 both times.
# So: a column of texts and numbers, as a sheet with R$ has, comes with the cents of its numbers as whole reais: unformat texts
#   only.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund accounting-js@2.0.3 accounting@0.4.1

got=$(node - <<'END'
for (const name of ["accounting-js", "accounting"]) {
  const { unformat } = require(name);
  console.log(`${name}: ${["R$ 1.234,56", 1234.56, -0.5, 10].map((each) => unformat(each, ",")).join(", ")}`);
}
END
)

want=$(cat <<'END'
accounting-js: 1234.56, 123456, -5, 10
accounting: 1234.56, 1234.56, -0.5, 10
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
