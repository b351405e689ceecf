#!/usr/bin/env bash
# What: SheetJS writes a local midnight in America/Sao_Paulo as 28 seconds before it, so the sheet shows the day before.
# Good guess: new Date(2026, 10, 5) becomes the whole serial number 46331; the zone is three hours from UTC.
# Seen: xlsx 0.18.5: 46330.99967592592, shown as 11/4/26; with TZ=UTC the whole number. (The sheet's epoch is
#   in 1899, when the zone was at -3:06:28.)
# So: write dates as whole serial numbers or as UTC noon; round what you read to whole days.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5

got=$(TZ=America/Sao_Paulo node - <<'END'
const XLSX = require("xlsx");
const cell = XLSX.utils.aoa_to_sheet([[new Date(2026, 10, 5)]]).A1;
console.log(`${cell.v} shown as ${cell.w}`);
END
)

want=$(cat <<'END'
46330.99967592592 shown as 11/4/26
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
