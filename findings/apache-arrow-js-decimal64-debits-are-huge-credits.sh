#!/usr/bin/env bash
# What: apache-arrow for JavaScript shows a negative decimal64 without its sign, as the number of 64 bits: -10.50 is "18446744073709550566".
# Good guess: the unscaled digits with their sign, "-1050", as for a decimal32 and a decimal128.
# Seen: apache-arrow 21.2.0, file by pyarrow 26.0.1: -1050 for a decimal32 and a decimal128, 18446744073709550566 for a decimal64; the amounts above zero are right.
# So: cast to decimal128 (or cents as int64) before a file goes to JavaScript; decimal64 is what holds 18 digits.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore pyarrow==26.0.1
npm init -y >/dev/null
npm install --silent --no-fund --no-audit apache-arrow@21.2.0 >/dev/null

venv/bin/python - <<'END'
from decimal import Decimal

import pyarrow

amounts = [Decimal(amount) for amount in ("10.50", "-0.07", "-10.50", "1234.56")]
table = pyarrow.table({
    "decimal32": pyarrow.array(amounts, pyarrow.decimal32(9, 2)),
    "decimal64": pyarrow.array(amounts, pyarrow.decimal64(18, 2)),
    "decimal128": pyarrow.array(amounts, pyarrow.decimal128(38, 2)),
})
with pyarrow.OSFile("entries.arrow", "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
    writer.write_table(table)
END
cat > finding.mjs <<'END'
import { readFileSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";

const table = tableFromIPC(readFileSync("entries.arrow"));
for (const name of ["decimal32", "decimal64", "decimal128"]) console.log(name, [...table.getChild(name)].map(String).join(" "));
END
got=$(node finding.mjs)

want=$(cat <<'END'
decimal32 1050 -7 -1050 123456
decimal64 1050 18446744073709551609 18446744073709550566 123456
decimal128 1050 -7 -1050 123456
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
