#!/usr/bin/env bash
# What: json-logic-js leaves out the third number of a subtraction and of a division: 100 - 10 - 5 is 90. Its sums and products take
#   all numbers.
# Good guess: 85, as {"+": [100, 10, 5]} is 115; or an error.
# Seen: json-logic-js 2.0.5: 90, and 10 for 100 / 10 / 5; json-logic-engine 5.0.7 and jsonlogic/v3 3.5.1 (Go): 85;
#   json-logic-java 1.1.0: 90; json-logic-qubit 0.9.1 (Python) refuses three numbers.
# So: "total minus fee minus tax" forgets the tax in the one engine, and takes it off in the other that runs the same rule: nest
#   subtractions, {"-": [{"-": [a, b]}, c]}, or take off a sum.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund json-logic-js@2.0.5 json-logic-engine@5.0.7

got=$(node - <<'END'
const { apply } = require("json-logic-js");
const { LogicEngine } = require("json-logic-engine");

const engine = new LogicEngine();
for (const rule of [{ "+": [100, 10, 5] }, { "*": [100, 10, 5] }, { "-": [100, 10, 5] }, { "/": [100, 10, 5] },
  { "-": [{ "-": [100, 10] }, 5] }])
  console.log(`${JSON.stringify(rule)}: json-logic-js ${apply(rule)}, json-logic-engine ${engine.run(rule)}`);
END
)

want=$(cat <<'END'
{"+":[100,10,5]}: json-logic-js 115, json-logic-engine 115
{"*":[100,10,5]}: json-logic-js 5000, json-logic-engine 5000
{"-":[100,10,5]}: json-logic-js 90, json-logic-engine 85
{"/":[100,10,5]}: json-logic-js 10, json-logic-engine 2
{"-":[{"-":[100,10]},5]}: json-logic-js 85, json-logic-engine 85
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
