#!/usr/bin/env bash
# What: Papa Parse takes a file of semicolons for one of commas when its header has as many commas as its lines have decimal
#   commas, cuts the amounts apart, and reports no error.
# Good guess: semicolon: both give three cells in every line, and only under the semicolon do the lines have the header's days
#   and amounts; a file whose header has no commas is read right.
# Seen: papaparse 5.7.1: header "Data;Valor, R$;Saldo, R$" gives the columns "Data;Valor", " R$;Saldo" and " R$"; with "(R$)"
#   instead all is right. errors is empty both times.
# So: give the delimiter, or accept only the one under which the header has the names that you know.
# Our guard: the delimiter of a sheet is the one under which its header has columns that are known.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund papaparse@5.7.1

got=$(node - <<'END'
const Papa = require("papaparse");
for (const header of ["Data;Valor, R$;Saldo, R$", "Data;Valor (R$);Saldo (R$)"]) {
  const file = `${header}\n05/11/2026;10,50;110,50\n06/11/2026;20,25;130,75`;
  const { data, errors, meta } = Papa.parse(file, { header: true });
  console.log(meta.delimiter, JSON.stringify(data[0]), errors.length);
}
END
)

want=$(cat <<'END'
, {"Data;Valor":"05/11/2026;10"," R$;Saldo":"50;110"," R$":"50"} 0
; {"Data":"05/11/2026","Valor (R$)":"10,50","Saldo (R$)":"110,50"} 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
