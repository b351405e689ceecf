#!/usr/bin/env bash
# What: pypix-static writes the check sum of a Pix code without its leading zeros, though the field says four characters.
# Good guess: a check sum is always four hexadecimal digits.
# Seen: pypix-static 0.0.1: of 400 codes that differ in their number only, 25 are too short.
# So: one code in sixteen ends in a field shorter than it says; read every generated code back in a test.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pypix-static==0.0.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
from pypix_static import create_pix_string_code
codes = [
    create_pix_string_code(key="loja@example.com", name="LOJA", city="SAO PAULO", value=Decimal("10.00"), identifier=f"VENDA{n:03d}")
    for n in range(400)
]
short = [code for code in codes if len(code[code.rindex("6304") + 4 :]) < 4]
print(f"{len(codes)} codes, {len(short)} with a check sum of fewer than four digits")
END
)

want=$(cat <<'END'
400 codes, 25 with a check sum of fewer than four digits
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
