#!/usr/bin/env bash
# What: meza's to_decimal and to_float give 0 for some amounts whose separators they were told: "0,50" is 0.00 (and "-0,50" is -0.50),
#   "1.234.567,89" is 0.00 (and "1.234,56" is 1234.56).
# Good guess: with thousand_sep="." and decimal_sep="," every Brazilian amount is read, as the documentation's 2.123,45 is.
# Seen: meza 0.47.0: whether a text is a number at all is asked without the separators; what is none becomes 0, without an error.
# So: pass warn=True, which raises, or change the separators before.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore meza==0.47.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
from meza.convert import to_decimal, to_float

for text in ["0,50", "-0,50", "1,50", "1.234,56", "1.234.567,89"]:
    other = text.translate({ord("."): ",", ord(","): "."})
    brazilian = {"thousand_sep": ".", "decimal_sep": ","}
    print(text, to_decimal(text, **brazilian), to_float(text, **brazilian), f"({other} is {to_decimal(other)})")
END
)

want=$(cat <<'END'
0,50 0.00 0.0 (0.50 is 0.50)
-0,50 -0.50 -0.5 (-0.50 is -0.50)
1,50 1.50 1.5 (1.50 is 1.50)
1.234,56 1234.56 1234.56 (1,234.56 is 1234.56)
1.234.567,89 0.00 0.0 (1,234,567.89 is 1234567.89)
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
