#!/usr/bin/env bash
# What: Day.js and @date-fns/tz end a day before its last hour, where the clocks go back at midnight: the end of the day of a sale
#   in the second 23:30 comes before that sale.
# Good guess: startOf and endOf the day of any instant hold that instant, as in moment-timezone.
# Seen: dayjs 1.11.23, date-fns 4.4.0 with @date-fns/tz 1.5.0, America/Sao_Paulo, clocks back to 23:00 at midnight of 2018-02-18: the
#   17th ends at 23:59:59 the first time round, half an hour before the sale; moment-timezone 0.6.6 ends it an hour later.
# So: sums between the two leave out an hour's sales: end a day where the next one begins (Santiago, Cairo, Beirut and Havana still
#   have such a night).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dayjs@1.11.23 date-fns@4.4.0 @date-fns/tz@1.5.0 moment-timezone@0.6.6

got=$(TZ=UTC node - <<'END'
const dayjs = require("dayjs");
dayjs.extend(require("dayjs/plugin/utc"));
dayjs.extend(require("dayjs/plugin/timezone"));
const { TZDate } = require("@date-fns/tz");
const { startOfDay, endOfDay } = require("date-fns");
const moment = require("moment-timezone");

const zone = "America/Sao_Paulo";
const sale = "2018-02-18T02:30:00Z";
const days = {
  dayjs: ["startOf", "endOf"].map((edge) => dayjs(sale).tz(zone)[edge]("day").valueOf()),
  "@date-fns/tz": [startOfDay, endOfDay].map((edge) => edge(new TZDate(sale, zone)).valueOf()),
  "moment-timezone": ["startOf", "endOf"].map((edge) => moment(sale).tz(zone)[edge]("day").valueOf()),
};
for (const [name, [start, end]] of Object.entries(days)) {
  const holds = start <= Date.parse(sale) && Date.parse(sale) <= end;
  console.log(`${name}: ${[start, end].map((each) => new Date(each).toISOString().slice(0, 19)).join(" to ")}, holds the sale: ${holds}`);
}
END
)

want=$(cat <<'END'
dayjs: 2018-02-17T02:00:00 to 2018-02-18T01:59:59, holds the sale: false
@date-fns/tz: 2018-02-17T02:00:00 to 2018-02-18T01:59:59, holds the sale: false
moment-timezone: 2018-02-17T02:00:00 to 2018-02-18T02:59:59, holds the sale: true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
