#!/usr/bin/env bash
# What: @dsnp/parquetjs reads an INT64 decimal of nine digits or fewer as 32-bit numbers: every second row is 0, and the last half is missing. Its own writer makes such columns.
# Good guess: a column's physical type says how wide its values are; precision says how many digits they have.
# Seen: @dsnp/parquetjs 1.8.8: 10.5 0 20.25 0 for 10.50 20.25 30.75 40; hyparquet 1.33.0 reads all four. With precision 18 both do.
# So: give a column that it reads or writes a precision of ten at least.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @dsnp/parquetjs@1.8.8 hyparquet@1.33.0 >/dev/null

cat > finding.mjs <<'END'
import { readFileSync } from "node:fs";
import parquetjs from "@dsnp/parquetjs";
import { parquetReadObjects } from "hyparquet";

for (const precision of [9, 18]) {
  const name = `precision-${precision}`;
  const schema = new parquetjs.ParquetSchema({ amount: { type: "DECIMAL", precision, scale: 2 } });
  const writer = await parquetjs.ParquetWriter.openFile(schema, name);
  for (const amount of [10.5, 20.25, 30.75, 40]) await writer.appendRow({ amount });
  await writer.close();

  const reader = await parquetjs.ParquetReader.openFile(name);
  const cursor = reader.getCursor();
  const read = [];
  for (let row = await cursor.next(); row; row = await cursor.next()) read.push(row.amount);
  await reader.close();
  console.log(name, "parquetjs", read.join(" "));

  const file = new Uint8Array(readFileSync(name)).buffer;
  console.log(name, "hyparquet", (await parquetReadObjects({ file })).map((row) => row.amount).join(" "));
}
END
got=$(node finding.mjs)

want=$(cat <<'END'
precision-9 parquetjs 10.5 0 20.25 0
precision-9 hyparquet 10.5 20.25 30.75 40
precision-18 parquetjs 10.5 20.25 30.75 40
precision-18 hyparquet 10.5 20.25 30.75 40
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
