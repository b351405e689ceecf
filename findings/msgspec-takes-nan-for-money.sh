#!/usr/bin/env bash
# What: msgspec reads the JSON text "NaN" into a Decimal field, and has no way to bound one; pydantic refuses it.
# Good guess: a typed decoder of amounts takes finite numbers only.
# Seen: msgspec 0.22.0: Decimal('NaN') and Decimal('Infinity'); Meta(ge=0) on a Decimal is a TypeError; pydantic 2.14.4 raises.
# So: check is_finite() after decoding, or take a string with a pattern.
# Our guard: the amount of an event is a string with a pattern (contracts, entry_recorded.py).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore msgspec==0.22.0 pydantic==2.14.4

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
from typing import Annotated
import msgspec
from pydantic import TypeAdapter
texts = (b'"NaN"', b'"Infinity"')
print("msgspec", *(msgspec.json.decode(text, type=Decimal) for text in texts), end=", ")
try:
    msgspec.json.decode(b'"1.00"', type=Annotated[Decimal, msgspec.Meta(ge=0)])
except Exception as error:
    print("ge=0 on Decimal", type(error).__name__, end=", ")
names = []
for text in texts:
    try:
        names.append(str(TypeAdapter(Decimal).validate_json(text)))
    except ValueError as error:
        names.append(type(error).__name__)
print("pydantic", *names)
END
)

want=$(cat <<'END'
msgspec NaN Infinity, ge=0 on Decimal TypeError, pydantic ValidationError ValidationError
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
