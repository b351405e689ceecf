#!/usr/bin/env bash
# What: csv2ofx makes a line's FITID of its date, amount and texts: two equal sales of one day get one FITID in the file.
# Good guess: an FITID is made so that it is the line's own within the account, which is what it is for; ofxstatement counts
#   equal lines on.
# Seen: csv2ofx 0.34.2, lines without a number of their own; no warning. ofxstatement 0.9.3 makes two.
# So: give each line a number (the default mapping takes a column Row for the FITID): a program that imports the file takes the
#   second sale for the first, and drops it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore csv2ofx==0.34.2 ofxstatement==0.9.3
cat > bank.csv <<'END'
Date,Amount,Description,Notes,Account,Reference,Num,Row
2026-11-05,10.50,Venda Pix,,Banco,,,
2026-11-05,10.50,Venda Pix,,Banco,,,
2026-11-05,10.51,Venda Pix,,Banco,,,
END
venv/bin/csv2ofx --server-date 2026-11-30 --end 2026-12-31 bank.csv out.ofx >/dev/null

got="csv2ofx: $(grep -c '<STMTTRN>' out.ofx) lines, $(grep '<FITID>' out.ofx | sort -u | wc -l) FITIDs
ofxstatement: $(venv/bin/python -c '
from datetime import datetime
from decimal import Decimal
from ofxstatement.statement import StatementLine, generate_unique_transaction_id
seen = set()
for amount in ("10.50", "10.50", "10.51"):
    generate_unique_transaction_id(StatementLine(date=datetime(2026, 11, 5), memo="Venda Pix", amount=Decimal(amount)), seen)
print("3 lines,", len(seen), "FITIDs")')"

want=$(cat <<'END'
csv2ofx: 3 lines, 2 FITIDs
ofxstatement: 3 lines, 3 FITIDs
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
