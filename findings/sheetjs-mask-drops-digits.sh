#!/usr/bin/env bash
# What: SheetJS shows a number that is longer than its mask without its first digits, where a spreadsheet shows them all: 123456
#   in the format `0000-0` is "2345-6", and a CNPJ's mask with a slash becomes a fraction.
# Good guess: 12345-6, as for a plain `0000`: digits before the mask stand in front of it.
# Seen: xlsx 0.18.5: "2345-6" in sheet_to_csv and in sheet_to_json with raw: false; 11222333000181 in a CNPJ's mask is
#   "11222333.000.181/1   -  ".
# So: two accounts of one branch become one: read numbers raw and lay your own mask on them.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5

got=$(node - <<'END'
const XLSX = require("xlsx");
const sheet = XLSX.utils.aoa_to_sheet([[123456], [12345], [11222333000181]]);
sheet.A1.z = sheet.A2.z = "0000-0";
sheet.A3.z = '00"."000"."000"/"0000"-"00';
console.log(JSON.stringify(XLSX.utils.sheet_to_csv(sheet, { FS: ";" }).split("\n")));
console.log(JSON.stringify(XLSX.utils.sheet_to_json(sheet, { header: 1, raw: true }).flat()));
END
)

want=$(cat <<'END'
["2345-6","1234-5","11222333.000.181/1   -  "]
[123456,12345,11222333000181]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
