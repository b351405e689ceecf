#!/usr/bin/env bash
# What: beancount's balance assertion passes when it is a cent off, written with two decimals, and fails when the same
#   amount is written without decimals.
# Good guess: an assertion of 100.00 holds for 100.00 only; `100.00` and `100` assert the same.
# Seen: beancount 3.2.3, with 100.01 in the account: 100.00, 100.01, 100.02 and even 100.0 pass; 100 and 99.99 fail.
# So: a closing balance that must be exact needs an explicit tolerance (`balance Assets:Caixa 100.00 ~ 0 BRL`).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore beancount==3.2.3

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from beancount import loader
BOOK = """
2026-01-01 open Assets:Caixa BRL
2026-01-01 open Income:Vendas BRL
2026-11-05 * "venda"
  Assets:Caixa   100.01 BRL
  Income:Vendas
2026-11-06 balance Assets:Caixa {} BRL
"""
seen = []
for amount in ("100.00", "100.01", "100.02", "100.0", "100", "99.99", "100.00 ~ 0", "100.01 ~ 0"):
    _, errors, _ = loader.load_string(BOOK.format(amount))
    seen.append(f"{amount} {'fails' if errors else 'passes'}")
print(", ".join(seen))
END
)

want=$(cat <<'END'
100.00 passes, 100.01 passes, 100.02 passes, 100.0 passes, 100 fails, 99.99 fails, 100.00 ~ 0 fails, 100.01 ~ 0 passes
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
