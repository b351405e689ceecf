#!/usr/bin/env bash
# What: Formula.js's VALUE reads an amount in parentheses, as accounts write what is negative, as a positive one: "(10.00)" is 10.
# Good guess: -10, as in a spreadsheet and in HyperFormula, or an error.
# Seen: @formulajs/formulajs 4.6.1: VALUE("(10.00)") is 10 and VALUE("(1,234.50)") 1234.5; hyperformula 3.5.0: VALUE("(10.00)") is -10.
# So: a column of such amounts adds its debits: take the parentheses for the sign before you read the number.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @formulajs/formulajs@4.6.1 hyperformula@3.5.0

got=$(node - <<'END'
const formulajs = require("@formulajs/formulajs");
const { HyperFormula } = require("hyperformula");
const sheet = HyperFormula.buildFromArray([['=VALUE("(10.00)")']], { licenseKey: "gpl-v3" });
console.log(`Formula.js ${["(10.00)", "(1,234.50)"].map(formulajs.VALUE).join(", ")}; HyperFormula ${sheet.getSheetValues(0)[0][0]}`);
END
)

want=$(cat <<'END'
Formula.js 10, 1234.5; HyperFormula -10
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
