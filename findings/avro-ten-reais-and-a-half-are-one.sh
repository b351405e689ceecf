#!/usr/bin/env bash
# What: Apache's Avro library for Python writes a decimal's digits as they are and not at the schema's scale: 10.5 and 10 become 1.05 and 0.10.
# Good guess: a decimal is written at the scale of its schema (10.50), as fastavro does it, or refused.
# Seen: avro 1.12.2, bytes and fixed alike, scale 2: "10.50" is right, "10.5" a tenth of it, "10" and "1E+3" a hundredth and less; nothing is raised.
# So: quantize each amount to the schema's scale before it is written, or use fastavro 1.13.1.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore avro==1.12.2 fastavro==1.13.1

got=$("$work/venv/bin/python" - <<'END'
import io
import json
from decimal import Decimal

import avro.io
import avro.schema
import fastavro

KINDS = ({"type": "bytes"}, {"type": "fixed", "name": "amount", "size": 8})
for kind in KINDS:
    schema = kind | {"logicalType": "decimal", "precision": 12, "scale": 2}
    apache, fast = avro.schema.parse(json.dumps(schema)), fastavro.parse_schema(schema)
    for amount in map(Decimal, ("10.50", "10.5", "10", "-10.5", "1E+3")):
        file, other = io.BytesIO(), io.BytesIO()
        avro.io.DatumWriter(apache).write(amount, avro.io.BinaryEncoder(file))
        fastavro.schemaless_writer(other, fast, amount)
        for each in (file, other):
            each.seek(0)
        read = avro.io.DatumReader(apache).read(avro.io.BinaryDecoder(file))
        print(f"{kind['type']} {amount}: avro {read}, fastavro {fastavro.schemaless_reader(other, fast)}")
END
)

want=$(cat <<'END'
bytes 10.50: avro 10.50, fastavro 10.50
bytes 10.5: avro 1.05, fastavro 10.50
bytes 10: avro 0.10, fastavro 10.00
bytes -10.5: avro -1.05, fastavro -10.50
bytes 1E+3: avro 0.01, fastavro 1000.00
fixed 10.50: avro 10.50, fastavro 10.50
fixed 10.5: avro 1.05, fastavro 10.50
fixed 10: avro 0.10, fastavro 10.00
fixed -10.5: avro -1.05, fastavro -10.50
fixed 1E+3: avro 0.01, fastavro 1000.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
