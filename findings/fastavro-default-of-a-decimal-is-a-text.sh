#!/usr/bin/env bash
# What: fastavro gives a decimal field that the writer did not have its default as the text of the schema, not as a Decimal: a new field fee of 10.50 is "\x04\x1a". Apache's library gives these bytes.
# Good guess: the default is read as the field's type, a Decimal, as a value that was written is; hamba/avro for Go does so.
# Seen: '\x04\x1a' (a str) from fastavro 1.13.1, b'\x04\x1a' from avro 1.12.2, for decimals of bytes and of a fixed size; Decimal('10.50') when the same bytes were written.
# So: fill in new amounts yourself, or read with a default of null; the text of 0.00 ("\x00") is even true.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore fastavro==1.13.1 avro==1.12.2

got=$(venv/bin/python -W ignore - <<'END'
import io
import json

import avro.io
import avro.schema
import fastavro

BYTES = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
FIXED = {"type": "fixed", "name": "fee_2", "size": 2, "logicalType": "decimal", "precision": 4, "scale": 2}


def entry(*fields):
    return {"type": "record", "name": "entry", "fields": [{"name": "id", "type": "long"}, *fields]}


for kind in (BYTES, FIXED):
    old, new = entry(), entry({"name": "fee", "type": kind, "default": "\u0004\u001a"})
    file = io.BytesIO()
    fastavro.schemaless_writer(file, old, {"id": 7})
    print(kind["type"], "fastavro", fastavro.schemaless_reader(io.BytesIO(file.getvalue()), old, new))
    reader = avro.io.DatumReader(avro.schema.parse(json.dumps(old)), avro.schema.parse(json.dumps(new)))
    try:
        print(kind["type"], "avro", reader.read(avro.io.BinaryDecoder(io.BytesIO(file.getvalue()))))
    except Exception as error:
        print(kind["type"], "avro", type(error).__name__, error)
    written = file.getvalue() + (b"\x04" if kind is BYTES else b"") + b"\x04\x1a"
    print(kind["type"], "fastavro, written", fastavro.schemaless_reader(io.BytesIO(written), new, new))
END
)

want=$(cat <<'END'
bytes fastavro {'id': 7, 'fee': '\x04\x1a'}
bytes avro {'id': 7, 'fee': b'\x04\x1a'}
bytes fastavro, written {'id': 7, 'fee': Decimal('10.50')}
fixed fastavro {'id': 7, 'fee': '\x04\x1a'}
fixed avro {'id': 7, 'fee': b'\x04\x1a'}
fixed fastavro, written {'id': 7, 'fee': Decimal('10.50')}
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
