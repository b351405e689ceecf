#!/usr/bin/env bash
# What: Babel's format_currency takes a currency's decimals from CLDR, not from ISO 4217, and rounds what is more away: 1234.56 COP
#   becomes 1.235, 0.567 IQD becomes 1. Fifteen currencies of ISO 4217 with cents or thousandths lose them so.
# Good guess: an amount with the currency's two decimals of ISO 4217 is shown to the cent.
# Seen: Babel 2.19.0 (CLDR of that release): AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER.
# So: books in these currencies look rounded although the ledger is exact, and a column of shown amounts does not add up: give the
#   pattern its decimals and switch currency_digits off.
# Our guard: the page writes every amount to its last digit (a property test over all currencies).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore babel==2.19.0 iso4217==1.16.20260101

got=$("$work/venv/bin/python" -W ignore - <<'END'
from decimal import Decimal
from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency
def shown(amount, code):
    return format_currency(Decimal(amount), code, locale="pt_BR").replace("\N{NO-BREAK SPACE}", " ")
print(shown("1234.56", "COP"), "|", shown("0.567", "IQD"), "|", shown("1234.56", "BRL"))
known = {each.value.upper(): each.exponent for each in Currency}
print(*sorted(code for code, digits in known.items() if digits and get_currency_precision(code) < digits))
END
)

want=$(cat <<'END'
COP 1.235 | IQD 1 | R$ 1.234,56
AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
