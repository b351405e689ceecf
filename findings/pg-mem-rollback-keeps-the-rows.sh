#!/usr/bin/env bash
# What: pg-mem, PostgreSQL in memory for tests, keeps what was inserted after BEGIN when ROLLBACK comes in a query of its own, without
#   an error; in one text with BEGIN, ROLLBACK works. So it is in the client that pg-mem makes in node-postgres' form.
# Good guess: ROLLBACK undoes what was done since BEGIN on the same client, or is refused.
# Seen: pg-mem 3.0.14: one row after the three queries, none after the same in one text; PGlite 0.5.17 (PostgreSQL itself, compiled for
#   JavaScript): none either way.
# So: a test that a failed booking leaves nothing behind fails for code that is right, and tests that clean up by ROLLBACK see each
#   other's rows: use pg-mem's backup() and restore() to clean up, and PostgreSQL to test transactions.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg-mem@3.0.14 pg@8.23.1 @electric-sql/pglite@0.5.17

got=$(node - <<'END'
const { newDb } = require("pg-mem");
const { PGlite } = require("@electric-sql/pglite");
const TEXTS = [["begin", "insert into entries values (1050)", "rollback"], ["begin; insert into entries values (1050); rollback"]];

async function main() {
  for (const texts of TEXTS) {
    for (const [name, client] of [["pg-mem", new (newDb().adapters.createPg().Client)()], ["PGlite", new PGlite()]]) {
      if (client.connect) await client.connect();
      await client.query("create table entries (cents int)");
      for (const text of texts) await (client.exec ? client.exec(text) : client.query(text));
      const { rows } = await client.query("select cents from entries");
      console.log(`${name}: ${texts.join(" | ")}: ${rows.length} rows`);
      if (client.close) await client.close();
    }
  }
}
main();
END
)

want=$(cat <<'END'
pg-mem: begin | insert into entries values (1050) | rollback: 1 rows
PGlite: begin | insert into entries values (1050) | rollback: 0 rows
pg-mem: begin; insert into entries values (1050); rollback: 0 rows
PGlite: begin; insert into entries values (1050); rollback: 0 rows
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
