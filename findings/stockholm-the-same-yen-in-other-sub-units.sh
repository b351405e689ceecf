#!/usr/bin/env bash
# What: stockholm knows how many decimals a currency has when the currency is its object, and takes two for all when it is the code: 1050 yen are 1050 or 105000 sub units.
# Good guess: "JPY" and stockholm.currency.JPY are one currency with one count of decimals; the two amounts are equal, after all.
# Seen: stockholm 0.5.7: Money(1050, "JPY") == Money(1050, JPY), with sub_units 105000 and 1050; from_sub_units(1050, "JPY") is 10.50 JPY, with JPY 1050; JSON loses the object.
# So: give the currency as the object, and again after reading JSON, before sub_units of anything but two decimals.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore stockholm==0.5.7

got=$(venv/bin/python -W ignore - <<'END'
from stockholm import Money
from stockholm.currency import BRL, JPY, KWD

for amount, code, currency in ((1050, "BRL", BRL), (1050, "JPY", JPY), ("10.505", "KWD", KWD)):
    by_code, by_object = Money(amount, code), Money(amount, currency)
    print(code, by_code == by_object, by_code.sub_units, by_object.sub_units, Money.from_json(by_object.as_json()).sub_units)
    print(code, Money.from_sub_units(1050, code), Money.from_sub_units(1050, currency))
END
)

want=$(cat <<'END'
BRL True 105000 105000 105000
BRL 10.50 BRL 10.50 BRL
JPY True 105000 1050 105000
JPY 10.50 JPY 1050 JPY
KWD True 1050.500 10505 1050.500000000
KWD 10.50 KWD 1.050 KWD
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
