#!/usr/bin/env bash
# What: a JSON number read into a Decimal passes through a double in pydantic and is read digit by digit in msgspec.
# Good guess: a field of type Decimal is read from the number's text in both, since both parse JSON themselves.
# Seen: 90071992547409.93 becomes 90071992547409.94 in pydantic 2.14.4 (and 1.10 becomes 1.1); msgspec 0.22.0 keeps both.
# So: amounts travel as strings.
# Our guard: amounts are strings of a fixed pattern in the API and in the event (contracts, entry_recorded.py).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pydantic==2.14.4 msgspec==0.22.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
import msgspec
from pydantic import TypeAdapter
amounts = (b"90071992547409.93", b"1.10")
print("pydantic", *(TypeAdapter(Decimal).validate_json(amount) for amount in amounts), end=", ")
print("msgspec", *(msgspec.json.decode(amount, type=Decimal) for amount in amounts))
END
)

want=$(cat <<'END'
pydantic 90071992547409.94 1.1, msgspec 90071992547409.93 1.10
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
