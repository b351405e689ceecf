#!/usr/bin/env bash
# What: Frictionless takes a column of amounts with decimal commas for places on Earth (geopoint): 10,50 is read as [10.0, 50.0],
#   10,05 and 10,5 as [10.0, 5.0], -0,07 as [-0.0, 7.0]. So while the part before the comma is within 180 and what follows is within 90.
# Good guess: what is no number in English stays a text; a file of semicolons and decimal commas is an everyday one.
# Seen: frictionless 5.18.1, describe and extract; validate calls the file sound. With one amount like 10,99 the column is a text.
# So: give the column's type, with decimalChar and groupChar, and never let a bank's file be guessed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore frictionless==5.18.1

got=$(venv/bin/python -W ignore - <<'END'
from pathlib import Path
from frictionless import Schema, describe, extract, validate

for name, amounts in {"guessed": ["1,50", "10,50", "10,05", "10,5", "-0,07"], "longer": ["10,50", "10,99"]}.items():
    Path(name + ".csv").write_text("day;amount\n" + "".join(f"2026-11-30;{amount}\n" for amount in amounts))
    kind = describe(name + ".csv").schema.get_field("amount").type
    read = [row["amount"] for row in extract(name + ".csv")[name]]
    print(name, kind, *(str(amount) if kind == "string" else [float(part) for part in amount] for amount in read), validate(name + ".csv").valid)
number = {"name": "amount", "type": "number", "decimalChar": ",", "groupChar": "."}
schema = Schema.from_descriptor({"fields": [{"name": "day", "type": "date"}, number]})
print("told", *(row["amount"] for row in extract("guessed.csv", schema=schema)["guessed"]))
END
)

want=$(cat <<'END'
guessed geopoint [1.0, 50.0] [10.0, 50.0] [10.0, 5.0] [10.0, 5.0] [-0.0, 7.0] True
longer string 10,50 10,99 True
told 1.50 10.50 10.05 10.5 -0.07
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
