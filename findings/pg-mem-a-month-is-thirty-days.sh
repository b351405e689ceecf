#!/usr/bin/env bash
# What: pg-mem, PostgreSQL in memory for tests, counts a month as 30 days and a year as 360: a month after 31 January is 2 March, a
#   month before 1 November is 2 October, a year after 29 February 2024 is 23 February 2025.
# Good guess: months of the calendar, as in PostgreSQL; if a month is wrong, then at the end of a short one.
# Seen: pg-mem 3.0.14; PGlite 0.5.17 (PostgreSQL itself, compiled for JavaScript) counts months of the calendar.
# So: tests of due dates and of reports by month look at other days than the server does; a test of "the first of last month"
#   fails, or is made to pass with a wrong day. Give the days themselves, or test against PostgreSQL.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg-mem@3.0.14 pg@8.23.1 @electric-sql/pglite@0.5.17

got=$(TZ=UTC node - <<'END'
const { newDb } = require("pg-mem");
const { PGlite } = require("@electric-sql/pglite");
const QUERIES = [
  "select date '2026-01-31' + interval '1 month' as day",
  "select date '2026-11-01' - interval '1 month' as day",
  "select date '2024-02-29' + interval '1 year' as day",
  "select date '2026-01-31' + interval '30 days' as day",
];

function show(value) {
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
}

async function main() {
  for (const [name, client] of [["pg-mem", new (newDb().adapters.createPg().Client)()], ["PGlite", new PGlite()]]) {
    if (client.connect) await client.connect();
    for (const query of QUERIES) {
      const { rows } = await client.query(query);
      const text = rows.map((row) => Object.values(row).map(show).join(" ")).join(", ") || "no row";
      if (/^select|returning/.test(query)) console.log(`${name}: ${query}: ${text}`);
    }
    if (client.close) await client.close();
  }
}
main();
END
)

want=$(cat <<'END'
pg-mem: select date '2026-01-31' + interval '1 month' as day: 2026-03-02
pg-mem: select date '2026-11-01' - interval '1 month' as day: 2026-10-02
pg-mem: select date '2024-02-29' + interval '1 year' as day: 2025-02-23
pg-mem: select date '2026-01-31' + interval '30 days' as day: 2026-03-02
PGlite: select date '2026-01-31' + interval '1 month' as day: 2026-02-28
PGlite: select date '2026-11-01' - interval '1 month' as day: 2026-10-01
PGlite: select date '2024-02-29' + interval '1 year' as day: 2025-02-28
PGlite: select date '2026-01-31' + interval '30 days' as day: 2026-03-02
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
