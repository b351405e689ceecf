#!/usr/bin/env bash
# What: JSONata writes 1234567 with points for thousands, and reads the same text with the same picture as 1.
# Good guess: 1234567, as it reads "1,234,567" with "#,##0".
# Seen: jsonata 2.2.2: with any other separator than the comma parseInteger stops at the first one, without an error.
# So: Brazilian numbers lose their thousands: take the points away with $replace and use $number.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jsonata@2.2.2

got=$(node - <<'END'
const jsonata = require("jsonata");
(async () => {
  for (const each of [
    `$formatInteger(1234567, '#.##0')`,
    `$parseInteger('1.234.567', '#.##0')`,
    `$parseInteger($formatInteger(1234567, '#.##0'), '#.##0')`,
    `$parseInteger('1,234,567', '#,##0')`,
    `$parseInteger('12 345', '# ##0')`,
    `$number($replace('1.234.567', '.', ''))`,
  ]) console.log(`${each}: ${await jsonata(each).evaluate({})}`);
})();
END
)

want=$(cat <<'END'
$formatInteger(1234567, '#.##0'): 1.234.567
$parseInteger('1.234.567', '#.##0'): 1
$parseInteger($formatInteger(1234567, '#.##0'), '#.##0'): 1
$parseInteger('1,234,567', '#,##0'): 1234567
$parseInteger('12 345', '# ##0'): 12
$number($replace('1.234.567', '.', '')): 1234567
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
