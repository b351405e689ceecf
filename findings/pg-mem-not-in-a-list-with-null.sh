#!/usr/bin/env bash
# What: pg-mem, PostgreSQL in memory for tests, gives rows for NOT IN a list that has a null: SQL gives none, since the null might be
#   the value. So it is with NOT IN (SELECT ...).
# Good guess: no row, as in all SQL databases; pg-mem does know that null = null is null, and that 2 <> null is.
# Seen: pg-mem 3.0.14; also a row whose own value is null is not in (1); PGlite 0.5.17 (PostgreSQL itself, compiled for JavaScript)
#   gives neither.
# So: the classic error, sales that are not in a list of refunds of which one has no sale, passes its test and finds nothing in
#   production: write NOT EXISTS.
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
  "create table refunds (id int, sale int)",
  "insert into refunds values (1, 1), (2, null)",
  "create table sales (id int)",
  "insert into sales values (1), (2), (null)",
  "select id from sales where id not in (select sale from refunds)",
  "select id from sales where id not in (1)",
  "select null = null as same, 2 <> null as other",
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
pg-mem: select id from sales where id not in (select sale from refunds): 2, null
pg-mem: select id from sales where id not in (1): 2, null
pg-mem: select null = null as same, 2 <> null as other: null null
PGlite: select id from sales where id not in (select sale from refunds): no row
PGlite: select id from sales where id not in (1): 2
PGlite: select null = null as same, 2 <> null as other: null null
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
