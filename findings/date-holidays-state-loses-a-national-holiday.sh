#!/usr/bin/env bash
# What: date-holidays knows 20 November for Brazil and not for Brazil with the state of São Paulo.
# Good guess: naming a state adds the state's holidays to the country's.
# Seen: date-holidays 3.37.0, 2026: BR has "Dia da Consciência Negra", BR-SP has not; 9 July is there in BR-SP only.
# So: ask for the country and the state and unite both.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund date-holidays@3.37.0

got=$(node - <<'END'
const Holidays = require("date-holidays");
const has = (calendar, day) => calendar.getHolidays(2026).some((holiday) => holiday.date.startsWith(day) && holiday.type === "public");
console.log(
  [["BR"], ["BR", "SP"]]
    .map((place) => { const c = new Holidays(...place); return `${place.join("-")}: 20 November ${has(c, "2026-11-20")}, 9 July ${has(c, "2026-07-09")}`; })
    .join("; "),
);
END
)

want=$(cat <<'END'
BR: 20 November true, 9 July false; BR-SP: 20 November false, 9 July true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
