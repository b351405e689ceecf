#!/usr/bin/env bash
# What: piecash writes 10.005 BRL into a GnuCash book whose BRL is divided into 100.
# Good guess: refused, or rounded to the currency's fraction.
# Seen: piecash 1.2.1: the split is stored as 10005/1000, and the account's balance is 10.005.
# So: quantise before handing a value to piecash; check value_denom in books that came through it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore piecash==1.2.1 setuptools==75.6.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import datetime
from decimal import Decimal
import piecash
book = piecash.create_book(currency="BRL")
cash, sales = (
    piecash.Account(name, kind, parent=book.root_account, commodity=book.default_currency)
    for name, kind in (("Caixa", "ASSET"), ("Vendas", "INCOME"))
)
splits = [piecash.Split(account=cash, value=Decimal("10.005")), piecash.Split(account=sales, value=Decimal("-10.005"))]
piecash.Transaction(currency=book.default_currency, description="venda", post_date=datetime.date(2026, 11, 5), splits=splits)
book.flush()
print(
    f"BRL is divided into {book.default_currency.fraction}; stored {splits[0]._value_num}/{splits[0]._value_denom}; "
    f"balance {cash.get_balance()}"
)
END
)

want=$(cat <<'END'
BRL is divided into 100; stored 10005/1000; balance 10.005
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
