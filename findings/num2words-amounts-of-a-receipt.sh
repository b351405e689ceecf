#!/usr/bin/env bash
# What: num2words says fifty cents in Brazilian Portuguese as "zero reais e cinquenta centavos", puts a comma after "mil", and
#   its pt_BR converter takes no currency at all.
# Good guess: currency="BRL" works for pt_BR as it does for English; cents alone are "cinquenta centavos".
# Seen: num2words 0.5.14: TypeError with currency="BRL"; "zero reais e um centavo" for 0.005 too.
# So: amounts in words on receipts need an own few lines, or quantising and a fix of the zero.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore num2words==0.5.14

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from decimal import Decimal
from num2words import num2words
try:
    first = num2words(Decimal("1.00"), lang="pt_BR", to="currency", currency="BRL")
except Exception as error:
    first = type(error).__name__
words = [f"{amount}: {num2words(Decimal(amount), lang='pt_BR', to='currency')}" for amount in ("0.50", "0.005", "1234.00")]
print("; ".join([f"BRL: {first}", *words]))
END
)

want=$(cat <<'END'
BRL: TypeError; 0.50: zero reais e cinquenta centavos; 0.005: zero reais e um centavo; 1234.00: mil, duzentos e trinta e quatro reais
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
