#!/usr/bin/env bash
# What: fast-xml-parser reads the key of a Brazilian invoice, 44 digits, as a number with an exponent, and a tax number without its
#   leading zero; an amount that is too long for a number it leaves as a text.
# Good guess: what does not fit into a number stays a text, for digits as for amounts.
# Seen: fast-xml-parser 5.12.1: 3.5261112345678e+43 for the key, 2345678000195 for the CNPJ, 123 for the product 00123, 1200000 for
#   the product 12E5; "1234567890123456.78" is a text. With parseTagValue: false all are texts.
# So: parse with parseTagValue: false and make numbers of the elements that are numbers: a key cannot be had back from its number.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fast-xml-parser@5.12.1

got=$(node - <<'END'
const { XMLParser } = require("fast-xml-parser");

const invoice = `<NFe><chNFe>35261112345678000195550010000000011000000019</chNFe><CNPJ>02345678000195</CNPJ>
  <cProd>00123</cProd><cProd>12E5</cProd><cProd>12B5</cProd><vNF>1234.50</vNF><vBC>1234567890123456.78</vBC></NFe>`;
const [numbers, texts] = [true, false].map((parseTagValue) => new XMLParser({ parseTagValue }).parse(invoice).NFe);
for (const tag of Object.keys(texts)) console.log(`${tag}: ${JSON.stringify(texts[tag])} is ${JSON.stringify(numbers[tag])}`);
console.log(JSON.stringify(new XMLParser().parse(invoice).NFe) === JSON.stringify(numbers));
END
)

want=$(cat <<'END'
chNFe: "35261112345678000195550010000000011000000019" is 3.5261112345678e+43
CNPJ: "02345678000195" is 2345678000195
cProd: ["00123","12E5","12B5"] is [123,1200000,"12B5"]
vNF: "1234.50" is 1234.5
vBC: "1234567890123456.78" is "1234567890123456.78"
true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
