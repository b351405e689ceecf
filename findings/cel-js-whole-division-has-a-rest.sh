#!/usr/bin/env bash
# What: cel-js divides whole numbers with decimals: 1050 / 100 is 10.5, and -7 / 2 is -3.5.
# Good guess: CEL's division of two integers is cut towards zero, as its specification and Google's Go, Java and C++ engines have it.
# Seen: cel-js 0.8.2: 10.5, -3.5, and true for 1999 / 1000 > 1; @bufbuild/cel 0.6.1 and @marcbachmann/cel-js 8.0.0: 10, -3 and false.
# So: a rule that is checked in the browser and again by a server in Go lets through on one side what it refuses on the other:
#   run CEL's conformance cases for the operators in use, or write rules without divisions.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cel-js@0.8.2 @bufbuild/cel@0.6.1 @marcbachmann/cel-js@8.0.0

got=$(node - <<'END'
const { evaluate: celJs } = require("cel-js");

async function main() {
  const { celEnv, parse, plan } = await import("@bufbuild/cel");
  const { evaluate: marcbachmann } = await import("@marcbachmann/cel-js");
  for (const rule of ["1050 / 100", "-7 / 2", "1999 / 1000 > 1"]) {
    const others = [plan(celEnv(), parse(rule))({}), marcbachmann(rule)];
    console.log(`${rule}: cel-js ${celJs(rule)}, @bufbuild/cel ${others[0]}, @marcbachmann/cel-js ${others[1]}`);
  }
}
main();
END
)

want=$(cat <<'END'
1050 / 100: cel-js 10.5, @bufbuild/cel 10, @marcbachmann/cel-js 10
-7 / 2: cel-js -3.5, @bufbuild/cel -3, @marcbachmann/cel-js -3
1999 / 1000 > 1: cel-js true, @bufbuild/cel false, @marcbachmann/cel-js false
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
