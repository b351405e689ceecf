#!/usr/bin/env bash
# What: @dsnp/parquetjs writes a DECIMAL column as a double times 100, cut: 0.29 becomes 0.28 in the file, 19.99 becomes 19.98.
# Good guess: the nearest amount of the column's scale is written, as hyparquet-writer does it.
# Seen: @dsnp/parquetjs 1.8.8, read back by hyparquet 1.33.0: 10.50 0.28 1.14 4.34 19.98 for 10.50 0.29 1.15 4.35 19.99.
# So: write cents as INT64, or a DECIMAL with hyparquet-writer.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @dsnp/parquetjs@1.8.8 hyparquet@1.33.0 hyparquet-writer@0.17.0 >/dev/null

cat > finding.mjs <<'END'
import { readFileSync } from "node:fs";
import parquetjs from "@dsnp/parquetjs";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";

const AMOUNTS = [10.5, 0.29, 1.15, 4.35, 19.99];
const shown = async (file) => (await parquetReadObjects({ file })).map((row) => row.amount.toFixed(2)).join(" ");

const schema = new parquetjs.ParquetSchema({ amount: { type: "DECIMAL", precision: 18, scale: 2 } });
const writer = await parquetjs.ParquetWriter.openFile(schema, "entries.parquet");
for (const amount of AMOUNTS) await writer.appendRow({ amount });
await writer.close();
console.log("parquetjs", await shown(new Uint8Array(readFileSync("entries.parquet")).buffer));

const column = { name: "amount", type: "INT64", repetition_type: "REQUIRED", converted_type: "DECIMAL", scale: 2, precision: 18 };
const written = parquetWriteBuffer({
  schema: [{ name: "root", num_children: 1 }, column],
  columnData: [{ name: "amount", data: AMOUNTS }],
});
console.log("hyparquet-writer", await shown(written));
END
got=$(node finding.mjs)

want=$(cat <<'END'
parquetjs 10.50 0.28 1.14 4.34 19.98
hyparquet-writer 10.50 0.29 1.15 4.35 19.99
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
