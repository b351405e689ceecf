#!/usr/bin/env bash
# What: beancount-periodic posts shares with fractions of a cent: 100.00 split over three months are entries of 26 decimals, and
#   amortized over three months of 33.333.
# Good guess: cents, and the cent that is left over in one of the months, as beancount-interpolate has it.
# Seen: beancount-periodic 0.2.1, beancount 3.2.3: split by days 32.60869565217391304347826087 and twice 33.69565217391304347826086957.
# So: entries that no bank can book and no statement can match: use amounts that the months divide, or beancount-interpolate.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore beancount==3.2.3 beancount-periodic==0.2.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
from beancount import loader
from beancount.core.data import Transaction

for plugin, on_entry, on_posting in [("split", 'split: "3 Months /Monthly"', ""), ("amortize", "", 'amortize: "3 Months /Monthly"')]:
    book = f"""
plugin "beancount_periodic.{plugin}"
2025-01-01 open Assets:Bank
2025-01-01 open Equity:Amortization:Insurance
2025-01-01 open Expenses:Insurance

2025-10-31 * "Insurance"
  {on_entry or "; as it is"}
  Assets:Bank  -100.00 BRL
  Expenses:Insurance  100.00 BRL
    {on_posting or "; as it is"}
"""
    entries, errors, _ = loader.load_string(book)
    print(plugin, len(errors), "errors")
    for entry in entries:
        if isinstance(entry, Transaction):
            print(entry.date, ", ".join(f"{posting.account} {posting.units}" for posting in entry.postings))
END
)

want=$(cat <<'END'
split 0 errors
2025-10-31 Assets:Bank -32.60869565217391304347826087 BRL, Expenses:Insurance 32.60869565217391304347826087 BRL
2025-11-30 Assets:Bank -33.69565217391304347826086957 BRL, Expenses:Insurance 33.69565217391304347826086957 BRL
2025-12-31 Assets:Bank -33.69565217391304347826086957 BRL, Expenses:Insurance 33.69565217391304347826086957 BRL
amortize 0 errors
2025-10-31 Assets:Bank -100.00 BRL, Equity:Amortization:Insurance 100.00 BRL
2025-10-31 Equity:Amortization:Insurance -33.333 BRL, Expenses:Insurance 33.333 BRL
2025-11-30 Equity:Amortization:Insurance -33.333 BRL, Expenses:Insurance 33.333 BRL
2025-12-31 Equity:Amortization:Insurance -33.334 BRL, Expenses:Insurance 33.334 BRL
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
