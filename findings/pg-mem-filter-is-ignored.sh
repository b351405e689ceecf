#!/usr/bin/env bash
# What: pg-mem, PostgreSQL in memory for tests, sums all rows where a sum has a filter, without an error: sales and fees come out as
#   one and the same total.
# Good guess: FILTER works, or is an error that names what is not supported, as pg-mem gives for OVER and for HAVING.
# Seen: pg-mem 3.0.14; PGlite 0.5.17 (PostgreSQL itself, compiled for JavaScript) filters.
# So: a test of a report says nothing about its filters: write sum(case when ... then ... else 0 end), which pg-mem obeys, or test
#   against PostgreSQL.
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
  "create table entries (kind text, cents int)",
  "insert into entries values ('sale', 1050), ('fee', -50), ('fee', -30)",
  "select sum(cents) filter (where kind = 'sale') as sales from entries",
  "select sum(cents) filter (where kind = 'fee') as fees from entries",
  "select sum(case when kind = 'fee' then cents else 0 end) as fees from entries",
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
pg-mem: select sum(cents) filter (where kind = 'sale') as sales from entries: 970
pg-mem: select sum(cents) filter (where kind = 'fee') as fees from entries: 970
pg-mem: select sum(case when kind = 'fee' then cents else 0 end) as fees from entries: -80
PGlite: select sum(cents) filter (where kind = 'sale') as sales from entries: 1050
PGlite: select sum(cents) filter (where kind = 'fee') as fees from entries: -80
PGlite: select sum(case when kind = 'fee' then cents else 0 end) as fees from entries: -80
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
