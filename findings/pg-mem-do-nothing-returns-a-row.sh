#!/usr/bin/env bash
# What: pg-mem, PostgreSQL in memory for tests, returns the old row of INSERT ... ON CONFLICT DO NOTHING RETURNING; PostgreSQL returns
#   no row, by which one tells a repeated event from a new one.
# Good guess: no row for what was not inserted; that is what RETURNING is asked for here.
# Seen: pg-mem 3.0.14, for DO NOTHING and for a DO UPDATE whose WHERE says no; PGlite 0.5.17 (PostgreSQL itself, compiled for
#   JavaScript) returns no row in both cases. Neither inserts or changes anything.
# So: code that takes a returned row for "this one is new" books a repeated event twice in its test, and one that could not tell the
#   two apart passes: test it against PostgreSQL.
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
  "create table events (id text primary key, cents int)",
  "insert into events values ('a', 1050)",
  "insert into events values ('a', 99) on conflict (id) do nothing returning cents",
  "insert into events values ('a', 99) on conflict (id) do update set cents = excluded.cents where events.cents < 9 returning cents",
  "select cents from events",
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
pg-mem: insert into events values ('a', 99) on conflict (id) do nothing returning cents: 1050
pg-mem: insert into events values ('a', 99) on conflict (id) do update set cents = excluded.cents where events.cents < 9 returning cents: 1050
pg-mem: select cents from events: 1050
PGlite: insert into events values ('a', 99) on conflict (id) do nothing returning cents: no row
PGlite: insert into events values ('a', 99) on conflict (id) do update set cents = excluded.cents where events.cents < 9 returning cents: no row
PGlite: select cents from events: 1050
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
