#!/usr/bin/env bash
# What: apache-arrow for JavaScript shows a decimal256 as its last digit: 1234.56 is "6", 10.50 is "0", -10.50 is "-0".
# Good guess: the unscaled digits, "123456" and "-1050", as it shows the same amounts in a decimal128.
# Seen: apache-arrow 21.2.0, file by pyarrow 26.0.1: 0 -7 -0 6 for 10.50 -0.07 -10.50 1234.56; decimal128: 1050 -7 -1050 123456.
# So: cast to decimal128 before a file goes to JavaScript.
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
    "decimal128": pyarrow.array(amounts, pyarrow.decimal128(38, 2)),
    "decimal256": pyarrow.array(amounts, pyarrow.decimal256(40, 2)),
})
with pyarrow.OSFile("entries.arrow", "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
    writer.write_table(table)
END
cat > finding.mjs <<'END'
import { readFileSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";

const table = tableFromIPC(readFileSync("entries.arrow"));
for (const name of ["decimal128", "decimal256"]) console.log(name, [...table.getChild(name)].map(String).join(" "));
END
got=$(node finding.mjs)

want=$(cat <<'END'
decimal128 1050 -7 -1050 123456
decimal256 0 -7 -0 6
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
