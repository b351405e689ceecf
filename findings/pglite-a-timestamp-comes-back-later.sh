#!/usr/bin/env bash
# What: PGlite writes a Date into a timestamp column as the clock in UTC, and reads the column as the clock of the process: at -03:00
#   each time comes back three hours later, and another three when it is written back.
# Good guess: one clock both ways, UTC or the process's (node-postgres takes the process's both ways), so that a Date comes back.
# Seen: @electric-sql/pglite 0.5.17 with TZ=America/Sao_Paulo; a timestamptz column gives the Date back, and with TZ=UTC both do.
# So: tests pass where the clock is UTC and move a sale to the next day on a desk in Brazil: use timestamptz, or give and take the
#   time as text (a parser for the type 1114).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17

cat > times.cjs <<'END'
const { PGlite } = require("@electric-sql/pglite");

async function main() {
  const db = new PGlite();
  await db.query("create table sales (id int, plain timestamp, zoned timestamptz)");
  let time = new Date("2026-11-30T18:30:00-03:00");
  for (const id of [1, 2]) {
    await db.query("insert into sales values ($1, $2, $3)", [id, time, time]);
    const [row] = (await db.query("select *, plain::text as text from sales where id = $1", [id])).rows;
    console.log(`${process.env.TZ}: ${time.toISOString()} is kept as ${row.text}`);
    console.log(`  and read as ${row.plain.toISOString()}, of timestamptz as ${row.zoned.toISOString()}`);
    time = row.plain;
  }
  await db.close();
}
main();
END

got=$(TZ=America/Sao_Paulo node times.cjs; TZ=UTC node times.cjs)

want=$(cat <<'END'
America/Sao_Paulo: 2026-11-30T21:30:00.000Z is kept as 2026-11-30 21:30:00
  and read as 2026-12-01T00:30:00.000Z, of timestamptz as 2026-11-30T21:30:00.000Z
America/Sao_Paulo: 2026-12-01T00:30:00.000Z is kept as 2026-12-01 00:30:00
  and read as 2026-12-01T03:30:00.000Z, of timestamptz as 2026-12-01T00:30:00.000Z
UTC: 2026-11-30T21:30:00.000Z is kept as 2026-11-30 21:30:00
  and read as 2026-11-30T21:30:00.000Z, of timestamptz as 2026-11-30T21:30:00.000Z
UTC: 2026-11-30T21:30:00.000Z is kept as 2026-11-30 21:30:00
  and read as 2026-11-30T21:30:00.000Z, of timestamptz as 2026-11-30T21:30:00.000Z
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
